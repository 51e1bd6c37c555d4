"""Trace figures to the config, code, seeds, data, versions and devices that they come from."""

import hashlib
from collections import defaultdict
from importlib.metadata import version
from pathlib import Path

import numpy as np

from unlearning.artifacts.files import load_array, load_record, save_record
from unlearning.artifacts.logs import log_to
from unlearning.artifacts.pages import save_page
from unlearning.provenance import lineage, trace
from unlearning.provenance.page import provenance_page
from unlearning.study.seeds import member_seed
from unlearning.study.sources import blob

PACKAGES = ("snakemake", "numpy", "scipy", "pandas", "numba", "matplotlib", "torch")


def checksum(path):
    """Return the SHA-256 of a file."""
    return hashlib.sha256(Path(path).read_bytes()).hexdigest()


def by_figure(paths):
    """Return the checksums of the figures' files, by figure."""
    found = defaultdict(dict)
    for path in paths:
        found[Path(path).stem][Path(path).name] = checksum(path)
    return found


log_to(snakemake.log[0])
source, params, config = snakemake.input, snakemake.params, snakemake.config
jobs = lineage.all_jobs(config, params.figures)
records = dict(zip(jobs, map(load_record, source.records), strict=True))
drawn, of_theory = by_figure(source.figures), by_figure(source.theory)
roles = [("datamodel", ""), ("pretrained", "")]
roles += [(role, name) for role in ("oracle", "unlearned") for name in params.forget_sets]
traced = {
    "study": config["study"],
    "config": trace.of_results(config),
    "config_sha256": params.config,
    "repository": trace.repository(),
    "seeds": {
        "study": config["seed"],
        "derivation": trace.SEEDS,
        "first": [[*role, 0, member_seed(config["seed"], *role, 0)] for role in roles],
    },
    "data": load_record(source.data),
    "forget_sets": {
        name: {
            "label": params.labels[name],
            "points": len(load_array(path, shape=(None,), dtype=np.int64)),
            "sha256": checksum(path),
        }
        for name, path in zip(params.forget_sets, source.forget_sets, strict=True)
    },
    "code": {path: blob(path) for path in trace.code_of(config, params.figures, params.theory)},
    "versions": {package: version(package) for package in PACKAGES},
    "figures": {
        **{name: trace.trace(config, name, records, drawn[name]) for name in params.figures},
        **{f"theory/{name}": trace.trace_theory(name, of_theory[name]) for name in params.theory},
    },
}
save_record(snakemake.output.json, traced)
save_page(provenance_page(traced), snakemake.output.page, snakemake.output.shown)
