"""A job that fails says one sentence to people, and how it came to that to its log."""

import signal
import subprocess
import sys

from tests.helpers.study import ROOT

SCRIPT = """
from unlearning.artifacts.logs import log_to
from unlearning.trajectories.loading import MethodError

log_to("job.log")
try:
    {}["x"]
except KeyError as error:
    raise MethodError("mine.py, line 3: KeyError: 'x' (member 3)") from error
"""


def run(script, folder):
    return subprocess.run(
        [sys.executable, "-c", script],
        cwd=folder,
        env={"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_console_has_the_sentence_and_the_log_how_it_came_to_it(tmp_path):
    done = run(SCRIPT, tmp_path)
    assert done.returncode == 1
    assert done.stderr == "MethodError: mine.py, line 3: KeyError: 'x' (member 3)\n"
    log = (tmp_path / "job.log").read_text()
    assert "Traceback" in log and log.count("mine.py, line 3: KeyError: 'x' (member 3)\n") == 2


def test_ctrl_c_is_in_the_log_alone_and_ends_by_its_signal(tmp_path):
    script = SCRIPT.partition("try:")[0]
    default = "import signal\nsignal.signal(signal.SIGINT, signal.default_int_handler)\n"
    done = run(f"{default}{script}signal.raise_signal(signal.SIGINT)", tmp_path)
    assert (done.returncode, done.stderr) == (-signal.SIGINT, "")
    assert "KeyboardInterrupt" in (tmp_path / "job.log").read_text()
