"""Show what SLURM says of this cluster, and write a person's own profile where there is none."""

import sys
from pathlib import Path

from unlearning.artifacts.logs import log_to
from unlearning.planning import own_profile, site

log_to(snakemake.log[0])
params = snakemake.params
existing = Path(params.existing[-1]) if params.existing else None
cluster = site.read(params.user, params.answers)
print(own_profile.describe(cluster))
try:
    proposal = own_profile.propose(
        cluster,
        params.given,
        Path(params.template).read_text(),
        existing=existing.read_text(errors="replace") if existing else None,
        ask=input if own_profile.terminal() else None,
    )
except ValueError as error:  # a person left instead of answering
    sys.exit(f"\n{error}")
print(proposal.choices)
if existing is None:
    own_profile.write(Path(params.place), proposal.text)
    print(f"Written to {params.place}, which is yours to change. It counts with")
    print("  snakemake --profile slurm")
elif proposal.differences:
    print(f"{existing} is there and stays as it is. What would be written now differs in:")
    print(proposal.differences)
    print("Change it by hand, or move it away and run `snakemake profile` again.")
else:
    print(f"{existing} says so already, and stays as it is.")
if params.of_site:
    print(own_profile.set_aside(*params.of_site))
