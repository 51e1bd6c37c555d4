#!/usr/bin/env bash
# snakemake --config reads number=20 as a number, but nothing inside of braces or brackets: there 20,
# 0.5, true and null are all text, which a config file with the same line would not give.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check snakemake==9.27.1
printf '%s\n' 'print("read:", config)' 'rule all:' >Snakefile
echo 'size: {members: 20, share: 0.5, whole: true, folder: null, epochs: [1, 2]}' >study.yaml

read_by() { venv/bin/snakemake --dry-run --quiet all "$@" 2>/dev/null | sed -n 's/^read: //p'; }
file=$(read_by --configfile study.yaml)
line=$(read_by --config 'size={members: 20, share: 0.5, whole: true, folder: null, epochs: [1, 2]}')
bare=$(read_by --config members=20)

echo "snakemake $(venv/bin/snakemake --version)"
echo "expected: as in a file     $file"
echo "seen:     on the command line $line, and without braces $bare"
[ "$file" = "{'size': {'members': 20, 'share': 0.5, 'whole': True, 'folder': None, 'epochs': [1, 2]}}" ]
[ "$line" = "{'size': {'members': '20', 'share': '0.5', 'whole': 'true', 'folder': 'null', 'epochs': ['1', '2']}}" ]
[ "$bare" = "{'members': 20}" ]
