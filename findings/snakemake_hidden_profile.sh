#!/usr/bin/env bash
# snakemake --profile NAME takes a person's own profile NAME only where the working directory has
# nothing of that name: an empty folder hides it, and a file of any kind is read in its place. The
# help names the folders of the site and of the person first, and the working directory last.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check snakemake==9.27.1
export XDG_CONFIG_HOME=$folder/config
mkdir -p config/snakemake/slurm work
echo 'config: {from: own}' >config/snakemake/slurm/profile.yaml
cd work
printf '%s\n' 'print("from:", config.get("from"))' 'rule all:' >Snakefile

read_by() {
	local said
	said=$(../venv/bin/snakemake --dry-run --quiet all --profile slurm 2>&1) || true
	grep -o -m 1 'from: .*\|no profile.yaml\|does.*t appear to contain .key: value. pairs' <<<"$said"
}
nothing=$(read_by)
mkdir slurm
empty=$(read_by)
rmdir slurm
echo 'notes about SLURM' >slurm
file=$(read_by)

echo "snakemake $(../venv/bin/snakemake --version)"
echo "expected: from: own, from: own, from: own"
echo "seen:     $nothing, with an empty folder slurm $empty, with a file slurm $file"
[ "$nothing" = "from: own" ]
[ "$empty" = "no profile.yaml" ]
[ "$file" = "doesn't appear to contain 'key: value' pairs" ]
