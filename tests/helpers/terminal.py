"""A command in a terminal, and somebody who types answers there."""

import os
import pty
import select
import subprocess
import time

SECONDS = 120  # that a command may take


def typed(folder, *command, question, answers):
    """Run a command in a terminal, and type an answer whenever it prints a question.

    Returns
    -------
    printed, code
        All that the terminal has shown, what was typed among it, and the exit code.
    """
    ours, theirs = pty.openpty()
    streams = dict.fromkeys(("stdin", "stdout", "stderr"), theirs)
    process = subprocess.Popen(command, cwd=folder, start_new_session=True, **streams)
    os.close(theirs)
    shown, asked, answers = b"", 0, list(answers)
    deadline = time.monotonic() + SECONDS
    try:
        while time.monotonic() < deadline:
            ended = process.poll() is not None
            if select.select([ours], [], [], 0 if ended else 0.1)[0]:
                try:
                    shown += os.read(ours, 2**16)
                except OSError:  # nobody has the terminal open any more
                    break
            elif ended:
                break
            if shown.count(question.encode()) > asked and answers:
                asked += 1
                os.write(ours, f"{answers.pop(0)}\n".encode())
        else:
            raise AssertionError(f"still running after {SECONDS} s: {shown.decode()}")
        return shown.decode().replace("\r\n", "\n"), process.wait(5)
    finally:
        process.kill()
        os.close(ours)
