#!/usr/bin/env bash
# Snakemake takes a wildcard whose value ends in one text twenty times over for a sign of an endless
# recursion, and refuses it, even where the value is one that the rule's constraint lists.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check snakemake==9.27.1
cat >Snakefile <<'RULES'
NAME = config["name"]


rule all:
    input:
        f"{NAME}.txt",


rule write:
    output:
        "{name}.txt",
    wildcard_constraints:
        name=NAME,
    shell:
        "touch {output}"
RULES

planned() { # how a plan for a name ends
	if out=$(venv/bin/snakemake --dry-run --config "name=$1" 2>&1); then
		echo planned
	else
		grep -o '^[A-Za-z]*Error' <<<"$out" | head -n 1
	fi
}
nineteen=$(planned "run_$(printf 'a%.0s' {1..19})")
twenty=$(planned "run_$(printf 'a%.0s' {1..20})")
pairs=$(planned "run_$(printf 'ab%.0s' {1..20})")

echo "snakemake $(venv/bin/snakemake --version)"
echo "expected: planned, planned, planned"
echo "seen:     $nineteen, $twenty, $pairs"
[ "$nineteen, $twenty, $pairs" = "planned, PeriodicWildcardError, PeriodicWildcardError" ]
