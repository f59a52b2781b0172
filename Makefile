# `make demo` and `make test` do everything on a fresh machine with Python 3.11 or later.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready

.DEFAULT_GOAL := help
.PHONY: help install install-musicnn install-spark install-page demo serve test test-reruns test-slurm test-slurm-demo test-spark test-page test-faults pages lint format bench bench-large scale clean distclean

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 18

install: $(READY) ## make .venv and install the lock into it

$(READY): requirements.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "error: $(PYTHON) is older than 3.11: make PYTHON=python3.12 $(MAKECMDGOALS)"; exit 1; }
	@echo "Setting up $(VENV) (once; some minutes, about 2.3 GB)"
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install-musicnn: $(READY) ## install MusiCNN's weights into .venv, for features: musicnn (29 MB)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --require-hashes --requirement requirements-musicnn.txt

install-spark: $(READY) ## install Spark into .venv, for wmf.engine: spark (some 500 MB; needs Java 17 as well)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements-spark.txt

install-page: $(READY) ## install Playwright and axe into .venv, for test-page (some 140 MB; needs Debian's chromium as well)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --requirement requirements-page.txt

demo: $(READY) ## run the whole pipeline on the built-in demo world, print its table, and recommend songs to a user
	@$(BIN)/snakemake
	@$(BIN)/coldwave results demo
	@$(BIN)/coldwave recommend --run demo --busiest -n 3

serve: $(READY) ## show the demo in a browser (it is run first if it is not there)
	@[ -e results/demo/provenance.json ] || $(MAKE) demo
	@$(BIN)/coldwave serve demo --open

# Two at a time, as most tests use one core: those that run the workflow, whose report comes last, and the others.
test: $(READY) ## run every test
	@report=$$(mktemp); $(BIN)/python -m pytest tests/pipeline >$$report 2>&1 & runs=$$!; \
		trap 'kill $$runs; cat $$report; rm -f $$report; exit 1' INT TERM; \
		$(BIN)/python -m pytest --ignore tests/pipeline; others=$$?; \
		wait $$runs; runs=$$?; cat $$report; rm -f $$report; exit $$((runs | others))

test-reruns: $(READY) ## plan a run after each change of the config, and after the loss of each file (some minutes)
	@$(BIN)/python -m pytest -m reruns tests/pipeline

test-slurm: $(READY) ## run the tests on a SLURM cluster of two nodes, made on this machine (Debian's packages; as root)
	@tests/slurm/install.sh
	@$(BIN)/python -m pytest tests/slurm --durations=0

test-slurm-demo: $(READY) ## run the whole demo on that cluster (some minutes)
	@tests/slurm/install.sh
	@$(BIN)/python -m pytest -m demo tests/slurm --durations=0

test-spark: install-spark ## run the tests of Spark, which make test skips if Spark is not installed
	@$(BIN)/python -m pytest tests/coldwave/wmf/spark tests/pipeline/test_spark.py --durations=0

test-page: install-page ## test the pages in a browser (Debian's chromium)
	@$(BIN)/python -m pytest tests/browser --durations=0

test-faults: $(READY) ## kill a run in every rule, fill its disk, cut its files short: some minutes, in part as root
	@$(BIN)/python -m pytest tests/faults --durations=0

pages: $(READY) ## write the generated pages of docs/: settings.md and reruns.md
	@$(BIN)/python -m pytest tests/workflow/test_settings_page.py tests/pipeline/test_rerun_table.py -k the_page_is --write-pages

lint: $(READY) ## check style: ruff, snakefmt, snakemake --lint
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/snakefmt --check Snakefile workflow
	@$(BIN)/snakemake --lint

format: $(READY) ## format the code
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .
	@$(BIN)/snakefmt Snakefile workflow

bench: $(READY) ## time each stage beside what one would write by hand, into docs/performance.md (10 minutes)
	@$(BIN)/python benchmarks/bench.py

bench-large: $(READY) ## the same at the paper's size; it goes on where it stopped
	@$(BIN)/python benchmarks/bench.py --large

scale: $(READY) ## measure how each stage's time and memory grow, into docs/scale.md (25 minutes); it goes on where it stopped
	@$(BIN)/python benchmarks/scale.py

clean: ## delete the demo's results and the cache
	rm -rf results/demo cache .snakemake .pytest_cache .ruff_cache .hypothesis

distclean: clean ## delete the environment as well
	rm -rf $(VENV) scripts/coldwave.egg-info
