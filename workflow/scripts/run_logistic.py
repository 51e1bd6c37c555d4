"""Run the logistic regressions of the config and join their paths."""

import pandas as pd

from unlearning.artifacts.logs import log_to
from unlearning.artifacts.tables import save_table
from unlearning.theory.logistic import run_data_set

log_to(snakemake.log[0])
experiments = snakemake.params.experiments
descent = {key: experiments[key] for key in ("step", "steps")}
# In an order that the config's does not change: of two coordinates last.
order = sorted(experiments["data_sets"].items(), key=lambda item: ("epsilon" in item[1], item[0]))
paths = {name: run_data_set(definition, **descent) for name, definition in order}
save_table(snakemake.output[0], pd.concat(paths, names=["data_set"]).reset_index("data_set"))
