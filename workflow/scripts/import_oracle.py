"""Take over a chunk of published oracles."""

import numpy as np

from unlearning.artifacts.files import (
    load_array,
    load_record,
    save_array,
    save_correct,
    save_record,
)
from unlearning.artifacts.logs import log_to
from unlearning.published.members import import_oracle

log_to(snakemake.log[0])
data, params = load_record(snakemake.input.data), snakemake.params
margins, correct, record = import_oracle(
    load_record(snakemake.input.source),
    params.number,
    load_array(snakemake.input.forget_set, shape=(None,), dtype=np.int64),
    params.members,
    (data["n_train"], data["n_validation"]),
)
save_array(snakemake.output.margins, margins[None])
save_correct(snakemake.output.correct, correct[None])
save_record(snakemake.output.record, {**record, "epochs": params.epochs})
