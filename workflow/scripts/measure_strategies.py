"""Measure how members are computed fastest on this device, for each size of batch of the study."""

from unlearning.artifacts.benchmarks import save_benchmark
from unlearning.artifacts.files import save_record
from unlearning.artifacts.logs import log_to
from unlearning.computing import devices, prepared
from unlearning.ensembles.measurement import measure

log_to(snakemake.log[0])
study = snakemake.params.study
device = devices.of_study(snakemake.config["device"], study["computing"])
dataset = prepared.load(*snakemake.input.data, device)
tried = [
    entry
    for batch_size in snakemake.params.batch_sizes
    for entry in measure(
        dataset.builder(study["model"]),
        dataset.data,
        batch_size,
        snakemake.params.members,
        study["computing"],
    )
]
save_record(snakemake.output[0], {"tried": tried, **devices.describe(device)})
save_benchmark(snakemake.log[0])
