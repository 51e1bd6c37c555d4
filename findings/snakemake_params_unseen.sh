#!/usr/bin/env bash
# Snakemake runs a job again when its params change, but not when they are a path, a decimal number,
# an enumeration, or a whole number or an array of numpy: what it cannot print for certain it leaves
# out, and says nothing.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check snakemake==9.27.1 numpy==2.4.6
export HOME="$folder" XDG_CACHE_HOME="$folder"

cat >Snakefile <<'SNAKEFILE'
from decimal import Decimal
from enum import Enum
from pathlib import Path

import numpy as np

Choice = Enum("Choice", {"two": 2, "three": 3})
KINDS = {
    "int": int,
    "Path": lambda number: Path(str(number)),
    "Decimal": Decimal,
    "Enum": Choice,
    "int64": np.int64,
    "array": lambda number: np.array([number]),
}


rule all:
    input:
        expand("{kind}.txt", kind=KINDS),


rule write:
    output:
        "{kind}.txt",
    params:
        lambda wildcards: KINDS[wildcards.kind](int(config["number"])),
    shell:
        "echo {params} > {output}"
SNAKEFILE
venv/bin/snakemake --cores 1 --quiet all --config number=2 2>run.log
planned=$(venv/bin/snakemake --dry-run --config number=3 2>&1 |
	sed -n 's/^ *output: \(.*\)\.txt$/\1/p' | sort -u | xargs)

echo "snakemake $(venv/bin/snakemake --version)"
echo "expected: all of them again: Decimal Enum Path array int int64"
echo "seen:     $planned"
[ "$planned" = "int" ]
