#!/usr/bin/env bash
# Snakemake runs a job again when the keys of a dictionary in its params change their order: it compares
# the printed forms, although the dictionaries are equal.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check snakemake==9.27.1
export HOME="$folder" XDG_CACHE_HOME="$folder"

cat >Snakefile <<'SNAKEFILE'
rule write:
    output:
        "written.txt",
    params:
        training=config["training"],
    shell:
        "echo {params.training} > {output}"
SNAKEFILE
reasons() {
	venv/bin/snakemake --dry-run --configfile "$1" 2>&1 | sed -n 's/^ *reason: //p' | cut -d: -f1
}
echo 'training: {epochs: 24, momentum: 0.9}' >written.yaml
echo 'training: {momentum: 0.9, epochs: 24}' >moved.yaml
venv/bin/snakemake --cores 1 --quiet all --configfile written.yaml 2>run.log
same=$(reasons written.yaml)
moved=$(reasons moved.yaml)

echo "snakemake $(venv/bin/snakemake --version)"
echo "expected: nothing to be done, for the same keys in either order"
echo "seen:     as written: ${same:-nothing}; one key moved: ${moved:-nothing}"
[ "$same" = "" ]
[ "$moved" = "Params have changed since last execution" ]
