"""Run the logistic regressions of the config and join their paths."""

import pandas as pd

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.theory.logistic import run_data_set

log_to(snakemake.log[0])
experiments = snakemake.params.experiments
descent = {key: experiments[key] for key in ("step", "steps")}
paths = {
    name: run_data_set(definition, **descent)
    for name, definition in experiments["data_sets"].items()
}
save_table(snakemake.output[0], pd.concat(paths, names=["data_set"]).reset_index("data_set"))
