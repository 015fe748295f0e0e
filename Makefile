# Every target explains itself: make help
PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
unexport PYTHONDONTWRITEBYTECODE
export DVC_NO_ANALYTICS := 1

.DEFAULT_GOAL := help
.PHONY: help setup spark peers reports data lab test verify bench check format translations lock clean

help:  ## Show what each target does
	@awk 'BEGIN {FS = ":.*## "} /^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: $(BIN)/.installed  ## Make .venv with the locked packages (needs the network once)

$(BIN)/.installed: requirements.lock pyproject.toml
	@sh scripts/setup.sh "$(PYTHON)"
	@touch $@

spark: $(BIN)/.spark  ## Add Spark to .venv, for profiles with engine: spark (needs Java 17 or newer, and the network once)

$(BIN)/.spark: $(BIN)/.installed requirements-spark.lock
	@sh scripts/spark.sh
	@touch $@

peers: setup  ## Add the packages that make bench measures beside, and that nothing else needs (needs the network once)
	@python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-peers.lock

reports: setup  ## Bring all reports up to date; PROFILE=name adds that profile and builds it
	@python -m analysis reports $(if $(PROFILE),--profile $(PROFILE))

data: setup  ## Put a profile's data in place: PROFILE=online_retail fetches the public data set
	@python -m analysis data --profile $(or $(PROFILE),demo)

lab: setup  ## Open JupyterLab on this machine, in the notebooks folder
	@python -m jupyterlab --ip=127.0.0.1 notebooks

test: setup  ## Run all tests, one file to a processor; those of the pages need chromium
	@python -m pytest -n auto --dist loadfile --no-loadscope-reorder

verify: setup  ## Hold the methods against published numbers and other packages; NAME=nist for one table
	@python -m benchmarks.verify $(NAME)

bench: setup  ## Measure speed and memory beside other packages (see peers, spark); NAME=itemsets for one kind of work
	@python -m benchmarks.bench $(NAME)

check: setup  ## Lint, check the format, the types and the translations
	@ruff check .
	@ruff format --check .
	@mypy
	@python scripts/translations.py check

format: setup  ## Mend what ruff can mend
	@ruff check --fix .
	@ruff format .

translations: setup  ## Bring the catalogues of translations up to date with the code
	@python scripts/translations.py update

lock: setup  ## Write requirements.lock and environment.yml anew from pyproject.toml (needs uv and the network)
	@sh scripts/lock.sh

clean:  ## Remove what can be built again; reports/ and data/ stay
	rm -rf build .pytest_cache .mypy_cache .ruff_cache
