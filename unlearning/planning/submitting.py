"""Submit the jobs of Snakemake's executor for SLURM (2.8.0) so that SLURM can take them."""

from typing import Any

from unlearning.planning.cluster import Offer, longest_minutes, most_megabytes, request


class Submission:
    """What an executor submits.

    Parameters
    ----------
    executor : Snakemake's for SLURM
    offer : what the cluster offers
    """

    def __init__(self, executor: Any, offer: Offer) -> None:
        self.executor, self.offer = executor, offer
        self._submit = executor.run_job

    def begin(self) -> None:
        """Take the submission over from the executor."""
        self.executor.run_job = self.submit

    def submit(self, job: Any) -> None:
        """Submit a job; in place of the executor's ``run_job``."""
        if job.attempt > 1:
            self._cap(job)
        self._submit(job)

    def _cap(self, job: Any) -> None:
        """Let a retry, which asks for more than the attempt before, ask for no more than there is.

        SLURM would refuse it, or keep it waiting for ever.
        """
        asked = request(job.rule.name, job.resources)
        limits = {
            "runtime": (asked.minutes, longest_minutes(asked, self.offer), "minutes"),
            "mem_mb": (asked.megabytes, most_megabytes(asked, self.offer), "MB"),
        }
        for key, (wanted, most, unit) in limits.items():
            if wanted > most:
                setattr(job.resources, key, int(most))
                self.executor.logger.info(
                    f"Attempt {job.attempt} of rule {asked.rule} would ask for {wanted:g} {unit}: "
                    f"it asks for {int(most)}, the limit of partition {asked.partition}."
                )
