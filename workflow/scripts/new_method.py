"""Write a method that runs and a study of it, for a user to change."""

from pathlib import Path

from unlearning.artifacts.logs import log_to
from unlearning.study.new_method import write

log_to(snakemake.log[0])
params = snakemake.params
code, study = write(params.name, params.style, Path(params.templates), params.others)
print(f"{code} is a method that runs; {study} is its study. Change them, and:")
print(f"  snakemake fig6 --configfile {study}")
