"""Score what needs no unlearning: doing nothing, a second oracle ensemble, stopping early."""

import numpy as np

from unlearning.artifacts import atomic, load_array, load_record
from unlearning.logs import log_to
from unlearning.score_tables import Ensembles, baseline_table
from unlearning.scores import Scoring

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
data = load_record(source.data)
forget = load_array(source.forget_set, shape=(None,), dtype=np.int64)
ensembles = Ensembles(data["n_train"], data["n_validation"], forget, Scoring(**params.scoring))
length, sizes = len(params.epochs), params.sizes
oracle = ensembles.load_margins(source.oracle, sizes["oracle"], length)
second = ensembles.load(source.second, source.second_correct, sizes["second"], length)
pretrained = ensembles.load(source.pretrained, source.pretrained_correct, sizes["oracle"], None)
table = baseline_table(
    ensembles,
    oracle(-1),
    snakemake.wildcards.forget_set,
    (pretrained(0), sum(load_record(path)["seconds"][-1] for path in source.pretrained_records)),
    second,
    params.epochs,
    np.sum([load_record(path)["seconds"] for path in source.second_records], axis=0),
)
with atomic(snakemake.output[0]) as temporary:
    table.to_csv(temporary, index=False)
