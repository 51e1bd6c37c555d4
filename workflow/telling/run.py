"""A run of Snakemake, from its first job to its last."""

import logging
import os
import threading
import time
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from snakemake.common import NOTHING_TO_BE_DONE_MSG
from snakemake.logging import logger
from snakemake.settings.enums import Quietness
from snakemake_interface_executor_plugins.registry import ExecutorPluginRegistry

from unlearning.planning import cluster
from unlearning.planning.audit import Clock
from unlearning.planning.remaining import Remaining
from unlearning.planning.resources import ON_DEVICE, ON_MEMBERS, Needs
from unlearning.planning.words import by_the_clock
from workflow.telling.ending import compared, digest, first, looked_at, summary
from workflow.telling.failing import failures, not_finite, why_failed, without
from workflow.telling.handler import InWords, Progress, ProgressHandler, quiet_about_progress
from workflow.telling.measured import measurements

#: Names that Snakemake gives its handlers of the terminal and of its own log file.
TERMINAL, FILE = "DefaultStreamHandler", "DefaultLogFileHandler"
#: Jobs of a rule and method whose records are read: enough for an estimate, and soon done.
LOOKED_AT = 5
#: The beginning of what Snakemake says at the end of a dry run.
DRY_RUN = "This was a dry-run"
#: Executors of SLURM.
ON_SLURM = {"slurm", "slurm-jobstep"}
#: The driver of NVIDIA's GPUs.
GPU = "/dev/nvidiactl"


class Run:
    """Tells what a run does; nothing is looked at or printed before it begins.

    Parameters
    ----------
    workflow : of Snakemake
    needs : the study
    """

    def __init__(self, workflow: Any, needs: Needs) -> None:
        self.workflow, self.needs = workflow, needs
        self.progress: Progress | None = None
        self.began = 0.0
        self.before: dict[str, str] = {}
        self.jobs: list[Any] = []

    def hear(self, record: logging.LogRecord) -> bool:
        """Say more where Snakemake ends without having done anything: a filter of its logger."""
        if record.msg == NOTHING_TO_BE_DONE_MSG:
            files = looked_at(self.workflow.dag.targetjobs)
            if there := [path for path in files if Path(path).is_file()]:
                record.msg = f"{record.msg}\nLook first at {first(there)}"
        elif str(record.msg).startswith(DRY_RUN) and (why := self.refusal()):
            record.msg = f"{record.msg}\nThe run itself would be refused: {why}"
        return True

    def refusal(self) -> str:
        """Return why a cluster would refuse what was planned; nothing where it would not."""
        here = self.workflow._localrules  # in a dry run Snakemake counts all as such
        jobs = [
            job
            for job in self.workflow.dag.needrun_jobs(exclude_finished=False)
            if job.rule.name not in here and self.for_slurm(job)
        ]
        try:
            if jobs:
                cluster.check_cluster([cluster.request(j.rule.name, j.resources) for j in jobs])
        except ValueError as error:
            return str(error)
        return ""

    def for_slurm(self, job: Any) -> bool:
        """Return whether SLURM would be given a job, were this no dry run.

        A dry run is not told the executor that was asked for, but that it is one of other machines.
        """
        plugins = ExecutorPluginRegistry().plugins.items()
        others = {name for name, each in plugins if not each.common_settings.local_exec} - ON_SLURM
        elsewhere = self.workflow.execution_settings.use_threads and not others
        return elsewhere or job.resources.get("slurm_account") is not None

    def begin(self) -> None:
        """Say what remains to be done, and from now on what is done."""
        self.began = time.time()
        settings, dag = self.workflow.output_settings, self.workflow.dag
        own = {handler.name: handler for handler in logger.handlers}
        jobs = {dag.jobid(job): job for job in dag.needrun_jobs()}
        self.jobs = list(jobs.values())
        planned = self.outputs(self.jobs)
        wanted = [path for path in looked_at(dag.targetjobs) if path in planned]
        self.before = {path: digest(path) for path in wanted}
        # Of --verbose, and of a logger plugin that writes to the terminal, Snakemake's own remains.
        if TERMINAL not in own or settings.verbose or settings.debug_dag or not jobs:
            return
        self.progress = Progress(jobs, self.remaining(jobs))
        # What makes no file prints, and would print into a line that is kept up to date.
        prints = any(not job.output and not job.is_norun for job in jobs.values())
        quiet = quiet_about_progress(settings.quiet)
        terminal = own[TERMINAL].is_tty and os.environ.get("TERM", "dumb") != "dumb"
        handler = ProgressHandler(own[TERMINAL], self.progress, terminal and not quiet | prints)
        logger.handlers[logger.handlers.index(own[TERMINAL])] = handler
        if FILE in own:
            own[FILE].setFormatter(InWords(own[FILE].formatter, self.progress))
        if handler.live:
            threading.Thread(target=handler.keep_up_to_date, daemon=True).start()

    def remaining(self, jobs: dict[int, Any]) -> Remaining:
        """Return what tells how long jobs still take."""
        workflow, rules = self.workflow, {job.rule.name for job in jobs.values()}
        local = workflow.executor_plugin.name == "local"
        limits = workflow.scheduler.global_resources  # what is not limited is a huge number
        limiting = ["_cores", "_nodes", *(["gpu"] if rules & set(ON_DEVICE) else [])]
        workers = min(limits[name] for name in limiting if name in limits)
        device = ("gpu" if Path(GPU).exists() else "cpu") if local else None
        # Other rules foretell nothing of these, but those that train of others that train.
        own = [rule for rule in workflow.rules if rule.name in rules]
        if rules & set(ON_MEMBERS):
            own += [rule for rule in workflow.rules if rule.name in set(ON_MEMBERS) - rules]
        taken = measurements(own, self.needs, self.needs.config["study"], LOOKED_AT)
        clock = Clock(self.needs, taken, device)
        works = {number: (job.rule.name, job.wildcards) for number, job in jobs.items()}
        return Remaining(clock, works, workers, not local, time.time())

    def outputs(self, jobs: Iterable[Any]) -> set[str]:
        """Return the files that jobs make."""
        return {str(path) for job in jobs for path in job.output}

    def end(self) -> None:
        """Say what is new since the last run, and where to look first."""
        self.tell_new(f"Done in {by_the_clock(time.time() - self.began)}. ")
        self.tell_not_finite()

    def tell_new(self, before: str = "") -> None:
        """Say what is new of what people look at, and where to look first."""
        made = self.outputs(job for job in self.jobs if self.workflow.dag.finished(job))
        if said := summary(compared(self.before, made)):
            self.say(f"{before}Made in this run:\n{said}")

    def tell_not_finite(self) -> None:
        """Say in which runs members have left finite numbers."""
        if said := not_finite(self.jobs):
            self.say(said)

    def stop(self) -> None:
        """Say what is new and what is kept of a run that has failed."""
        self.tell_new()
        self.tell_not_finite()
        if self.progress is not None:
            done, total = self.progress.done, self.progress.total
            # One that was begun again may have ended well.
            failed = [job for job in self.progress.failed if not self.workflow.dag.finished(job)]
            whys = why_failed(failed, interrupted=self.progress.interrupted)
            if said := failures(whys):
                self.say(said, Quietness.ALL)
            ended = "You have ended this run. " * self.progress.interrupted
            kept = f"{done} of {total} jobs are done and kept; the same command goes on from there."
            self.say(ended + kept, Quietness.ALL)
            if hint := without(whys, self.needs.config):
                self.say(hint, Quietness.ALL)

    def say(self, text: str, unless: Quietness = Quietness.PROGRESS) -> None:
        """Print for people, unless they have asked for nothing of the kind."""
        for handler in logger.handlers:
            if isinstance(handler, ProgressHandler):
                handler.end()
        logger.info(text, extra={"quietness": unless})
