"""Let Snakemake look for jobs once a second, and not once a second for each that has run.

Each of its rounds of scheduling asks for another one a second later, and each job that ends begins
a round of its own: while jobs wait for a core, after a hundred jobs there are a hundred rounds and
a hundred threads a second, and each round asks for the sizes of all inputs of all jobs that wait.
"""

import threading
from typing import Any


def once_a_second(scheduler: Any) -> None:
    """Have a scheduler of Snakemake wait for one further round at a time.

    Parameters
    ----------
    scheduler : ``workflow.scheduler``; its method that asks for a round is replaced
    """
    waiting = threading.Lock()

    def look_again() -> None:
        waiting.release()
        scheduler._open_jobs.release()

    def schedule(delay: float) -> None:
        if waiting.acquire(blocking=False):
            timer = threading.Timer(delay, look_again)
            timer.daemon = True  # or Snakemake's end would wait for it
            timer.start()

    scheduler._schedule_reevalutation = schedule
