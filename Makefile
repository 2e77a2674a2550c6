# SPDX-License-Identifier: GPL-2.0-or-later
# Two commands do everything, set-up included: `make demo` and `make test`. Paths are relative: any folder will do.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: walk help setup check-machine demo test check-attention lint types test-worker test-qgis bench benchmark-accuracy package clean

export QT_QPA_PLATFORM ?= offscreen
export LANG ?= C.UTF-8
export CHRONOMAP_PYTHON ?= $(CURDIR)/.venv/worker/bin/python

QGIS := .venv/qgis/bin/python
WORKER := .venv/worker/bin/python
TOOLS := .venv/tools/bin/python
PYTEST_ARGS ?=
BENCH_ARGS ?=
WALK_ARGS ?=
DATA ?= data
ACCURACY_ARGS ?=

help:  ## Show the commands
	@sed -n 's/^\([a-z-]*\):.*## /  make \1\t/p' Makefile | expand -t 24

demo:  ## Make a scene, train, map and explain it; results are left in demo/
	@tools/setup.sh qgis worker
	@$(QGIS) tools/demo.py

test: setup  ## Check everything
	@$(MAKE) --no-print-directory --keep-going lint types test-worker test-qgis
	@echo "make test: all passed"

setup:  ## Install what is missing: Debian packages and .venv/ (quick when nothing is)
	@tools/setup.sh

check-machine:  ## Say what is missing, install nothing
	@tools/setup.sh --check

lint: setup  ## Check style and common faults
	@$(TOOLS) -m ruff check . && $(TOOLS) -m ruff format --check .

types: setup  ## Check types
	@$(TOOLS) -m mypy

test-worker: setup  ## Run the tests of the torch side
	@OMP_NUM_THREADS=1 $(WORKER) -m pytest tests/worker $(PYTEST_ARGS)

test-qgis: setup  ## Run the tests of the QGIS side, the package and the real worker
	@OMP_NUM_THREADS=1 $(QGIS) -m pytest tests --ignore=tests/worker $(PYTEST_ARGS)

check-attention: setup  ## Check on the demo scene that models look where classes differ (some minutes)
	@OMP_NUM_THREADS=1 $(QGIS) -m pytest tests/heavy/check_attention.py -s -o faulthandler_timeout=0 $(PYTEST_ARGS)

bench:  ## Measure maps against what the machine allows, e.g. make bench BENCH_ARGS="--size 4000"
	@tools/setup.sh qgis worker
	@$(QGIS) tools/bench $(BENCH_ARGS)

benchmark-accuracy:  ## Train every architecture on three real sample sets, e.g. DATA=~/data
	@tools/setup.sh qgis worker
	@$(QGIS) tools/accuracy.py $(DATA) $(ACCURACY_ARGS)

walk:  ## Drive the real QGIS like a person, unseen; pictures are left in build/walk/
	@tools/setup.sh qgis worker
	@env -u QT_QPA_PLATFORM python3 tools/walk $(WALK_ARGS)

package: setup  ## Build the plugin's zip from the last commit into build/
	@$(TOOLS) tools/package.py

clean:  ## Remove what the commands above made, environments included
	rm -rf .venv build demo .qgis-settings .pytest_cache .ruff_cache .mypy_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
