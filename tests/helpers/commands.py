"""Commands that stand in for SLURM's."""


def write(folder, **scripts):
    """Write commands into a folder, each from the lines of a shell script."""
    for name, script in scripts.items():
        (folder / name).write_text(f"#!/bin/sh\n{script}\n")
        (folder / name).chmod(0o755)
