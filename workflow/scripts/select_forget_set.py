"""Choose the training points of one forget set."""

import logging

import numpy as np

from unlearning import forget_sets
from unlearning.artifacts.files import load_array, load_record, save_array
from unlearning.artifacts.logs import log_to
from unlearning.datasets import sequences
from unlearning.published.forget_sets import forget_indices

log_to(snakemake.log[0])
source, definition = snakemake.input, dict(snakemake.params.definition)
data = load_record(source.record)
n_train = data["n_train"]
labels = load_array(source.labels, shape=(n_train + data["n_validation"],), dtype=np.int64)
projections, texts, name = source.get("projections"), None, snakemake.wildcards.forget_set
if alphabet := data.get("alphabet"):
    tokens = load_array(source.points, shape=(len(labels), None), dtype=np.uint8)
    texts = sequences.decoded(tokens[:n_train], alphabet)
if "number" in definition:
    published, number = load_record(source.published), definition["number"]
    found = forget_indices(published["source"], published["folder"], number, n_train=n_train)
    if len(found) != definition["size"]:
        raise ValueError(
            f"forget_sets.{snakemake.wildcards.forget_set}.size: published set {number} has "
            f"{len(found)} points, not {definition['size']}"
        )
    definition = {"kind": "indices", "indices": found}
if "file" in definition:
    definition["indices"] = forget_sets.read_indices(definition.pop("file"))
indices = forget_sets.select(
    definition,
    name=name,
    n_train=n_train,
    labels=labels[:n_train],
    groups=data["groups"],
    texts=texts,
    projections=projections and load_array(projections, shape=(n_train, None), dtype=np.float64),
)
if alphabet:
    sequences.check_sources(tokens, indices, n_train, alphabet, name)
    logging.info(
        "%d of %d forgotten sequences have a twin that is retained, and can't be forgotten",
        sequences.retained_twins(tokens, indices, n_train).sum(),
        len(indices),
    )
save_array(snakemake.output[0], indices)
