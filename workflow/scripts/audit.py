"""Say what a target of the study would take, before anything is spent; no result is touched."""

import csv
import shutil
from pathlib import Path

from snakemake.api import SnakemakeApi
from snakemake.settings import types
from snakemake.settings.enums import Quietness, RerunTrigger
from snakemake_interface_executor_plugins.settings import DeploymentMethod

from unlearning.artifacts.files import atomic
from unlearning.artifacts.logs import log_to
from unlearning.planning import audit
from unlearning.planning.audit_page import page
from unlearning.planning.proposals import propose
from unlearning.planning.resources import Needs
from workflow.telling.measured import measurements


def plan(api, params):
    """Return the workflow with the jobs of the target, under the settings of this run."""
    triggers = frozenset(RerunTrigger[name] for name in params.triggers)
    deployment = frozenset(DeploymentMethod[name] for name in params.deployment)
    workflow = api.workflow(
        resource_settings=types.ResourceSettings(),
        # As it is after all overlays, not on top of config.yaml again.
        config_settings=types.ConfigSettings(config=snakemake.config, replace_workflow_config=True),
        deployment_settings=types.DeploymentSettings(deployment_method=deployment),
        snakefile=Path(params.snakefile),
    )
    settings = types.DAGSettings(
        targets={params.target}, rerun_triggers=triggers, force_incomplete=True
    )
    workflow.dag(settings)
    # What `snakemake -n` does before it goes through the jobs and prints them; not in the API.
    found = workflow._workflow
    found._prepare_dag(forceall=False, ignore_incomplete=False, lock_warn_only=True, nolock=True)
    found._build_dag()
    return found


def planned(workflow):
    """Yield the jobs of the target that make files, each with its reason to run."""
    for job in workflow.dag.jobs:
        if not job.output:
            continue
        reason = ""
        if workflow.dag.needrun(job):
            found = workflow.dag.reason(job)
            recorded = workflow.persistence.input(job.output[0]) if found.input_changed else None
            reason = audit.why(
                missing=bool(found.missing_output or found.forced),
                changed=found.updated_input,
                config=bool(found.params_changed),
                recorded=recorded,
                current=job.input,
                code=bool(found.code_changed or found.software_stack_changed),
            )
        yield audit.Job(job.rule.name, job.wildcards, reason)


log_to(snakemake.log[0])
params, config = snakemake.params, snakemake.config
needs = Needs(config)
with SnakemakeApi(types.OutputSettings(quiet={Quietness.ALL}, enable_file_logging=False)) as api:
    workflow = plan(api, params)
    jobs = list(planned(workflow))
    clock = audit.Clock(needs, measurements(workflow.rules, needs, config["study"]))
    rows = audit.table(jobs, needs, clock, [rule.name for rule in workflow.rules])
target = Path("audits", f"{config['study']}-{params.target}.csv")
with atomic(target) as temporary, open(temporary, "w", newline="") as file:
    writer = csv.DictWriter(file, audit.COLUMNS)
    writer.writeheader()
    writer.writerows(rows)
proposals = propose(jobs, needs, clock, params.gpus, 3600 * params.hours)
free = shutil.disk_usage(".").free
print(page(config["study"], params.target, rows, clock, proposals, params.gpus, params.hours, free))
print(f"The table: {target}")
