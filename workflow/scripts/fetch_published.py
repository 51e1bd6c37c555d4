"""Find the published files, or download those that the study needs."""

from unlearning.artifacts.files import save_record
from unlearning.artifacts.logs import log_to
from unlearning.datasets.base import cache_folder, existing_folder
from unlearning.published.fetch import fetch

log_to(snakemake.log[0])
params = snakemake.params
folder, revision = params.published["folder"], params.published["revision"]
if folder is None:
    cache = cache_folder() / "published"
    members = params.members["pretrained"], params.members["oracles"]
    found = fetch(params.source, cache, revision, *members, params.forget_sets)
else:
    found = existing_folder(folder)
save_record(
    snakemake.output[0],
    {"source": params.source, "folder": str(found.resolve()), "revision": revision},
)
