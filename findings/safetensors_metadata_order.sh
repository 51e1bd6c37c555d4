#!/usr/bin/env bash
# safetensors writes the same tensors and the same metadata as other bytes at every run, if the metadata
# have more than one entry: a checksum of the file says nothing about its contents.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check safetensors==0.8.0 numpy==2.4.6
export PYTHONHASHSEED=0

digests() { # of twenty runs that write the same
	for _ in $(seq 20); do
		venv/bin/python -c '
import sys
from hashlib import sha256
import numpy as np
from safetensors.numpy import save
metadata = {name: "1" for name in sys.argv[1:]}
print(sha256(save({"weight": np.zeros(3)}, metadata=metadata)).hexdigest())' "$@"
	done | sort -u | wc -l
}
one=$(digests seeds)
four=$(digests seeds epochs members device)

venv/bin/python -c 'import safetensors; print("safetensors", safetensors.__version__)'
echo "expected: 1 file of 20 runs, whatever the metadata"
echo "seen:     $one with one entry of metadata, $([ "$four" -gt 1 ] && echo several || echo 1) with four"
[ "$one" -eq 1 ]
[ "$four" -gt 1 ]
