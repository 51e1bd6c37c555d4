"""Take over a chunk of published pretrained members."""

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import load_record, save_array, save_correct, save_record
from unlearning.artifacts.logs import log_to
from unlearning.computing import devices, prepared
from unlearning.networks.weights import save_weights
from unlearning.published.members import import_pretrained

log_to(snakemake.log[0])
dataset = prepared.load(*snakemake.input.data, devices.choose(snakemake.config["device"]))
published = load_record(snakemake.input.source)
imported, record = import_pretrained(
    published, dataset, snakemake.params.study["model"], snakemake.params.members
)
save_weights(snakemake.output.weights, imported.weights, record["seeds"])
save_array(snakemake.output.margins, imported.margins)
save_correct(snakemake.output.correct, imported.correct)
save_record(snakemake.output.record, {**record, "epochs": snakemake.params.epochs})
save_benchmark(snakemake.log[0])
