#!/usr/bin/env bash
# numba's cache is keyed by the contents of a source file, Python's own by its date and size. An edit
# that keeps date and size makes numba file machine code of the old source under the new contents,
# where it stays after Python has noticed the edit.
set -euo pipefail
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"
python3 -m venv venv
venv/bin/pip install -qq --disable-pip-version-check numba==0.68.1 numpy==2.4.6
unset PYTHONDONTWRITEBYTECODE PYTHONPYCACHEPREFIX NUMBA_CACHE_DIR

call() { # the source as Python has it, and as numba runs it
	venv/bin/python -c 'import added; print(added.add.py_func(1), added.add(1))'
}

printf '%s\n' 'from numba import njit' '' '@njit(cache=True)' 'def add(x):' '    return x + 1' >added.py
first=$(call)
touch -d 2001-01-01 added.py
touched=$(call)
cp -p added.py before
sed -i 's/x + 1/x + 2/' added.py
touch -r before added.py # the size is the same, and now the date
edited=$(call)
touch added.py # Python reads the source again
noticed=$(call)

venv/bin/python -c 'import numba; print("numba", numba.__version__)'
echo "expected: both add 2 once Python has read the edited source: 3 3"
echo "seen:     as written $first, touched $touched, edited $edited, read again $noticed"
[ "$first, $touched, $edited, $noticed" = "2 2, 2 2, 2 2, 3 2" ]
