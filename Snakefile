# From a data set to every figure of *Ascent Fails to Forget*: the table of contents.
#   snakemake                  every figure and the scores of the default study
#   snakemake fig5             one figure and only what it needs
#   snakemake theory           the theory, statement by statement; figures 3 and 4
#   snakemake table1           pretrained against oracles, beside the published Table 1
#   snakemake compare          the published table beside the scores of a study of its data
#   snakemake answer           what of the paper's claims stands, claim by claim
#   snakemake controls         what of a score is drift, ascent, protocol
#   snakemake random_sets      Lemma 1 on the random forget sets of the study
#   snakemake stability        how scores and rankings depend on the number of members
#   snakemake selection        learning rate and stopping time chosen without the oracles
#   snakemake league           all methods at equal cost; --config merge=theirs.json
#   snakemake explore          one page to point at: runs, and the images behind them
#   snakemake influence        whether influence foretells the damage of unlearning
#   snakemake provenance       what stands behind each figure, on one page
#   snakemake new_method       a method of your own, running: --config name=mine style=plain
#   snakemake -n               what would be run, and why
#   snakemake audit            what it would take; --config target=fig5 gpus=4 hours=12
#   snakemake --configfile studies/digits_resnet9.yaml    another study
#   snakemake profile          looks at the cluster, and writes a profile of your own for it
#   snakemake --profile slurm  on a cluster: docs/cluster.md
import re

from snakemake.dag import ScriptProcessor
from snakemake.logging import logger
from snakemake.output_index import OutputIndex
from snakemake.resources import Resource
from snakemake.utils import min_version

from unlearning.planning import choosing, cluster, disk, own_profile, site
from unlearning.planning import submitting, watching
from unlearning.planning.resources import Needs
from unlearning.provenance import lineage, trace
from unlearning.study import config as studies
from unlearning.study import answering, command_line, config_league, data_sets, design
from unlearning.study import influence, inputs, league
from unlearning.study import needs as needed
from unlearning.study import new_method, parameters, sayings, settings, stopping
from unlearning.study import subsampling
from unlearning.study import targets
from unlearning.study.left_out import runnable
from unlearning.study.listings import Listings
from unlearning.study.method_files import method_source
from unlearning.study.sources import loader, within
from workflow.starting import arguments, launcher, producers, rounds, scripts
from workflow.telling import left_out as telling
from workflow.telling.run import Run
from workflow.telling.sentences import Refused, refusals_alone

min_version("9.27")
logger.addFilter(refusals_alone)


configfile: f"{workflow.basedir}/config.yaml"


report: "workflow/report/workflow.rst"


try:
    if workflow.is_main_process:
        disk.check_space(".")
    config = command_line.read_values(
        config, workflow.config_settings.config, studies.count_errors
    )
    parameters.check_names(config)
    parameters.take_whole_numbers(config)
    studies.drop_absent(config)
    left_out = telling.take_out(workflow, config)
    studies.check(config, left_out)
    influence.add_forget_sets(config)
except ValueError as error:
    raise Refused(telling.at_line(workflow, str(error)))

needs = Needs(config)
given = answering.parts(config)
listing = Listings(logger.info if workflow.is_main_process else lambda text: None)
told = Run(workflow, needs)
logger.addFilter(told.hear)


wildcard_constraints:
    study=config["study"],
    chunk=r"\d+-\d+",
    method="|".join(runnable(config, left_out)),
    forget_set="|".join(map(re.escape, config["forget_sets"])),
    trajectory=r"[A-Za-z0-9_.+-]+",
    figure="|".join(config["figures"]),


include: "workflow/rules/pages.smk"
include: "workflow/rules/data.smk"
include: "workflow/rules/strategies.smk"


if config["datamodels"]["file"] is None:

    include: "workflow/rules/datamodels.smk"

else:

    include: "workflow/rules/published_datamodels.smk"


include: "workflow/rules/components.smk"
include: "workflow/rules/forget_sets.smk"


if config["source"] == "train":

    include: "workflow/rules/ensembles.smk"

else:

    include: "workflow/rules/published.smk"


include: "workflow/rules/needs.smk"
include: "workflow/rules/unlearning.smk"
include: "workflow/rules/scores.smk"
include: "workflow/rules/figures.smk"
include: "workflow/rules/random_sets.smk"
include: "workflow/rules/stability.smk"
include: "workflow/rules/selection.smk"
include: "workflow/rules/influence.smk"
include: "workflow/rules/league.smk"
include: "workflow/rules/tables.smk"
include: "workflow/rules/controls.smk"
include: "workflow/rules/answer.smk"
include: "workflow/rules/explore.smk"
include: "workflow/rules/texts.smk"
include: "workflow/rules/theory.smk"
include: "workflow/rules/new_method.smk"
include: "workflow/rules/profile.smk"
include: "workflow/rules/audit.smk"
include: "workflow/rules/provenance.smk"


localrules:
    all,
    audit,
    new_method,
    profile,
    scores,
    forget_sets,
    fig1,
    fig2,
    fig3,
    fig4,
    fig5,
    fig6,
    fig7,
    table1,
    compare,
    random_sets,
    stability,
    selection,
    influence,
    league,
    explore,
    controls,
    answer,
    theory,
    provenance,
    # Seconds each: on a cluster they run beside Snakemake.
    select_forget_set,
    collect_scores,
    draw_figure,
    draw_random_sets,
    draw_stability,
    select_runs,
    draw_selection,
    correlate_influence,
    draw_influence,
    check_merge,
    draw_league,
    write_league,
    bundle_library,
    write_explore,
    tabulate_controls,
    draw_controls,
    draw_protocols,
    write_answer,
    write_table1,
    write_comparison,
    draw_theory,
    check_statements,
    tabulate_ranges,
    run_logistic,
    run_toy,
    measure_escapes,
    write_provenance,


if config["load_data_on"] == "login":

    # What has all images in memory. Compute nodes often have no way to download them.
    localrules:
        prepare_data,
        draw_forget_sets,


rule all:
    """Every figure and table of the study, and the theory."""
    default_target: True
    input:
        rules.scores.input,
        rules.forget_sets.input,
        expand(
            "results/{study}/figures/{figure}.png",
            study=config["study"],
            figure=config["figures"],
        ),
        rules.table1.input if config["table1"] else [],
        rules.compare.input if targets.published_forget_sets(config) else [],
        rules.random_sets.input if targets.random_forget_sets(config) else [],
        expand(
            rules.tabulate_texts.output,
            study=config["study"],
            forget_set=sayings.forget_sets(config),
        ),
        rules.theory.input,
        rules.provenance.input,


# Equal content in equal form: Snakemake compares parameters by how they print. And what it asks of
# functions, or of files, once a job is said once.
scripts.look_once(ScriptProcessor)
producers.ask_once(OutputIndex)
arguments.say_once(Resource.evaluate)
for each in workflow.rules:
    try:
        parameters.settle(each.params, each.name)
    except ValueError as error:
        raise Refused(str(error))
    arguments.of_rule(each)


onstart:
    # Only Snakemake itself comes here: no dry run, and none of the jobs that it starts.
    try:
        disk.check_writable("results")
        rounds.once_a_second(workflow.scheduler)
        read = [path for job in workflow.dag.needrun_jobs() for path in job.input]
        for job in workflow.dag.needrun_jobs():
            if job.rule.name == "profile":
                own_profile.check(job.params, asks=own_profile.terminal())
        listing.remember(read)
        if workflow.executor_plugin.name == "local":
            # Jobs are forked by one process that has imported what takes longest.
            launcher.announce(listing.packages(read) & {"torch"})
        jobs = [job for job in workflow.dag.needrun_jobs() if not job.is_local]
        if workflow.executor_plugin.name == "slurm" and jobs:
            qos = workflow.executor_settings.qos
            asked = [
                cluster.request(job.rule.name, job.resources, qos) for job in jobs
            ]
            offer = cluster.check_cluster(asked)
            executor = workflow.scheduler.get_executor(jobs[0])
            watching.watch(executor, asked)
            submitting.Submission(executor, offer).begin()
        told.begin()
    except ValueError as error:
        raise Refused(str(error))


onsuccess:
    told.end()


onerror:
    told.stop()
