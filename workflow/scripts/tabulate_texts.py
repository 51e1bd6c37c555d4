"""Let members make up texts before and after unlearning, and oracles beside them."""

from importlib import import_module

import numpy as np

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.pages import save_page
from unlearning.artifacts.tables import save_table
from unlearning.datasets.sequences import retained_twins
from unlearning.ensembles.chunk import of_job
from unlearning.networks import stacking
from unlearning.networks.weights import load_weights
from unlearning.study.seeds import ensemble_seeds
from unlearning.trajectories import sayings
from unlearning.trajectories.loading import load
from unlearning.trajectories.sayings_page import page

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
forget_set, methods = snakemake.wildcards.forget_set, snakemake.config["methods"]
inputs, _, record = source.data
chunk, facts = of_job(snakemake, "pretrained"), load_record(record)
seeds = ensemble_seeds(params.source, chunk.study["seed"], "pretrained", "", params.chunk)
weights = stacking.select(load_weights(source.weights[0], seeds), slice(len(chunk.members)))
forget = load_array(source.forget_set, shape=(None,), dtype=np.int64)


def found(method):
    """Return a method, of the package or of a file."""
    file = methods[method].get("file")
    return load(file) if file else import_module(f"unlearning.methods.{method}").unlearn


runs = [(found(run["method"]), run) for run in params.runs]
table = sayings.table(chunk, facts["alphabet"], forget, weights, runs, forget_set)
tokens = load_array(inputs, shape=(len(facts["lengths"]), None), dtype=np.uint8)
text = page(
    table,
    study=snakemake.wildcards.study,
    label=params.label,
    members=len(chunk.members),
    texts=sayings.TEXTS,
    twins=int(retained_twins(tokens, forget, facts["n_train"]).sum()),
    size=len(forget),
)
save_table(snakemake.output.table, table)
save_page(text, snakemake.output.page, snakemake.output.shown)
save_benchmark(snakemake.log[0])
