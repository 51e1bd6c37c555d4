"""Score what needs no unlearning: doing nothing, a second oracle ensemble, stopping early."""

import numpy as np

from unlearning.artifacts.files import load_array, load_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.records import load_records
from unlearning.artifacts.tables import save_table
from unlearning.scoring.scores import Scoring
from unlearning.scoring.tables import Ensembles, baseline_table

log_to(snakemake.log[0])
source, params = snakemake.input, snakemake.params
data = load_record(source.data)
forget = load_array(source.forget_set, shape=(None,), dtype=np.int64)
ensembles = Ensembles(data["n_train"], data["n_validation"], forget, Scoring(**params.scoring))
length, forget_set = len(params.epochs), snakemake.wildcards.forget_set
members = {"pretrained": params.reference, "oracle": params.reference, "second": params.second}
records = {
    name: load_records(
        source[f"{name}_records"],
        chunks,
        study_seed=params.seed,
        source=params.source,
        role="pretrained" if name == "pretrained" else "oracle",
        forget_set="" if name == "pretrained" else forget_set,
        epochs=params.epochs[-1:] if name == "pretrained" else params.epochs,
    )
    for name, chunks in members.items()
}
sizes = {name: [len(chunk) for chunk in chunks] for name, chunks in members.items()}
oracle = ensembles.load_margins(source.oracle, sizes["oracle"], length)
second = ensembles.load(source.second, source.second_correct, sizes["second"], length)
pretrained = ensembles.load(source.pretrained, source.pretrained_correct, sizes["pretrained"], None)
table = baseline_table(
    ensembles,
    oracle(-1),
    forget_set,
    (pretrained(0), sum(record["seconds"][-1] for record in records["pretrained"])),
    second,
    params.epochs,
    np.sum([record["seconds"] for record in records["second"]], axis=0),
)
save_table(snakemake.output[0], table)
