# make demo   set up, run the default study, say where its figures are
# make test   set up, lint and run all tests
# make check  lint, and run the tests that take minutes: what another interpreter must pass as well,
#             make check PYTHON=python3.13 VENV=.venv-3.13
# make bench  measure what docs/performance.md states of a processor
# make test-gpu, make bench-gpu    the same for a GPU: docs/gpu.md
# make architecture    draw the picture of docs/architecture.md from the imports
# make lock   pin envs/requirements.in again (needs uv)

PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
READY := $(VENV)/ready
FASHION_MNIST ?= /usr/share/datasets/fashion-mnist
export PATH := $(CURDIR)/$(BIN):$(PATH)

.PHONY: demo test check test-gpu lint bench bench-gpu architecture lock clean

demo: $(READY)
	snakemake --quiet rules host
	@echo
	@echo "Figures, each as .png, .pdf and the .csv of what it draws:"
	@ls results/digits/figures/*.png results/theory/figures/*.png
	@echo "Scores: results/digits/scores.csv    The theory: results/theory/lemmas.html"
	@echo "All on one page: snakemake --report report.html"

# Side by side: file by file, but all that shares a cluster or a study in one process.
SIDE_BY_SIDE := pytest -n auto --maxprocesses 4 --dist loadscope --no-loadscope-reorder
LEFT_OUT := $(if $(wildcard $(FASHION_MNIST)),,-m "not debian_data and not gpu")

# What waits for clocks and studies begins first: the rest fills its gaps.
test: lint
	$(SIDE_BY_SIDE) tests/slurm tests/run tests/unit tests/plan $(LEFT_OUT)
	@$(if $(wildcard $(FASHION_MNIST)),:,echo "Not run: the test on the real Fashion-MNIST files; install Debian's dataset-fashion-mnist or set FASHION_MNIST.")

check: lint
	$(SIDE_BY_SIDE) tests/unit tests/plan $(LEFT_OUT)

test-gpu: $(READY)
	pytest -m gpu tests/gpu

lint: $(READY)
	ruff check .
	ruff format --check .
	snakefmt --check Snakefile workflow/rules
	snakemake --lint
	mypy

bench: $(READY)
	python -m bench.klom
	python -m bench.ensemble
	python -m bench.sequences
	python -m bench.plain_form
	python -m bench.gradients
	python -m bench.precision
	python -m bench.study_hours
	python -m bench.planning
	python -m bench.explore

bench-gpu: $(READY)
	python -m bench.gpu

architecture: $(READY)
	python -m docs.architecture

# Debian and Ubuntu ship venv apart from Python; as root it is installed, else the command is named.
$(READY): envs/requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed (3.11 to 3.13 are tested); say make PYTHON=python3.11"; exit 1; }
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null \
		|| { [ "$$(id -u)" = 0 ] && apt-get update -q && apt-get install -y -q python3-venv; } \
		|| { echo "Python's venv is missing; run: sudo apt-get install python3-venv"; exit 1; }
	$(PYTHON) -m venv $(VENV)
	pip install --quiet --disable-pip-version-check -r envs/requirements.lock
	@touch $@

lock:
	cd envs && uv pip compile --quiet --universal --python-version 3.11 --no-emit-index-url \
		--no-annotate --custom-compile-command "make lock" requirements.in -o requirements.lock

clean:
	rm -rf .venv .snakemake results/digits results/theory logs benchmarks build *.egg-info
