"""Stop every run on a forget set at one epoch for all points, and at one of its own for each."""

import numpy as np

from unlearning.answer.stopping import stopping_table
from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.stored import Reader, named
from unlearning.artifacts.tables import save_table
from unlearning.columns import of_record
from unlearning.scoring.scores import Scoring

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
forget_set, epochs = snakemake.wildcards.forget_set, params.oracle_epochs
data = load_record(source.data)
columns = of_record(data)
reader = Reader(params.seed, params.source, columns.count)
members = params.members
table = stopping_table(
    forget_set,
    load_array(source.forget_set, shape=(None,), dtype=np.int64),
    reader.oracle(named(source, "oracle"), members, forget_set, epochs).margins(-1),
    reader.pretrained(named(source, "pretrained"), members, epochs[-1]).margins(0),
    reader.runs(named(source, "unlearned"), members, forget_set, params.runs, params.margins),
    Scoring(**params.scoring, columns=columns),
)
save_table(snakemake.output[0], table)
