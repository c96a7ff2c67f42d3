# Each target does its own set-up: a fresh clone needs Python 3.11 or newer, make, and a package index.

SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.NOTPARALLEL:
MAKEFLAGS += --no-print-directory

VENV ?= .venv
BIN := $(VENV)/bin
RUN := $(VENV)/.set-up-run
DEV := $(VENV)/.set-up-dev
JOBS ?= 2
OUT ?= demo-out
export PYTHON VENV

.PHONY: help
help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  %-13s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "Settings: SPEED=60 OUT=folder (demo), JOBS=2 (test), ARGS=... (demo, bench, fuzz, mutants), PYTHON=python3.12, VENV=folder"

.PHONY: setup
setup: $(DEV) ## Virtual environment with everything for development
	@:

$(RUN): pyproject.toml tools/setup.sh
	@tools/setup.sh run

$(DEV): pyproject.toml tools/setup.sh
	@tools/setup.sh dev

.PHONY: demo
demo: $(RUN) ## Two nodes replay an encounter; SPEED=N, OUT=folder
	@$(BIN)/hotline demo --out "$(OUT)" $(if $(SPEED),--speed $(SPEED)) $(ARGS)

.PHONY: test
test: $(DEV) components left-out lint types imports proto-check breaking coverage ## Everything that must hold before a change lands
	@tools/left_out.sh

.PHONY: components
components:
	@tools/system.sh want docs postgres faults node tokens spin

.PHONY: left-out
left-out:
	@tools/left_out.sh

.PHONY: fast
fast: $(DEV) ## Lint and unit tests only: an answer within a minute
	@$(BIN)/ruff check
	@$(BIN)/pytest tests/unit -q -n $(JOBS) --dist worksteal

.PHONY: lint
lint: $(DEV) ## Style and common mistakes (ruff), formatting
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check --quiet

.PHONY: format
format: $(DEV) ## Format Python and protocol files in place
	@$(BIN)/ruff check --quiet --select I --fix
	@$(BIN)/ruff format
	@$(BIN)/buf format --write --path proto/hotline

.PHONY: types
types: $(DEV) ## Strict type check (mypy)
	@$(BIN)/mypy

.PHONY: imports
imports: $(DEV) ## Import contracts: the rooms and the purity of the core
	@$(BIN)/lint-imports --no-logo

.PHONY: proto
proto: $(DEV) ## Generate the code of the protocol files
	@$(BIN)/python tools/generate.py

.PHONY: proto-check
proto-check: $(DEV) ## Lint the protocol files; the committed code must be what they generate
	@$(BIN)/buf lint
	@$(BIN)/buf format --path proto/hotline --diff --exit-code
	@$(BIN)/python tools/generate.py --check

.PHONY: specs
specs: $(DEV) ## Write the catalogues of labels, the vectors and the specification's generated tables again
	@$(BIN)/python -m tools.labels
	@$(BIN)/python -m tools.make_vectors
	@$(BIN)/python -m tools.spec_tables

.PHONY: docs
docs: $(DEV) ## The site and the specification as a PDF, in build/docs
	@tools/system.sh need docs
	@$(BIN)/python -m tools.make_docs

.PHONY: breaking
breaking: $(DEV) ## Protocol files against the last released specification: no change that breaks a peer
	@tools/breaking.sh $(BIN)/buf

.PHONY: freeze-protos
freeze-protos: $(DEV) ## Freeze the protocol files as those of this version of the specification
	@tools/breaking.sh $(BIN)/buf --write

.PHONY: coverage
coverage: $(DEV) ## All tests, with the threshold on coverage
	@rm -f .coverage .coverage.*
	@$(BIN)/coverage run -m pytest -q -n $(JOBS) --dist worksteal
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report

.PHONY: fuzz
fuzz: $(DEV) ## Search for bytes that break something; ARGS="--seconds 600 frame"
	@$(BIN)/python -m tests.fuzz.campaign $(ARGS)

.PHONY: reliability
reliability: $(DEV) components ## Tests of the matrix of threats; RELIABILITY.md with their figures, and the table here
	@mkdir -p build && rm -f build/figures.jsonl
	@HOTLINE_FIGURES=build/figures.jsonl $(BIN)/pytest -q -n $(JOBS) --dist worksteal -m threat
	@$(BIN)/python -m tools.reliability --take build/figures.jsonl

.PHONY: mutants
mutants: $(DEV) ## How many small changes of the core its tests notice (an hour); ARGS="ladder --show"
	@nice $(BIN)/python -m tools.mutants $(ARGS)

.PHONY: bench
bench: $(DEV) ## Signed durable receipted messages beside a bare gRPC echo, as a ratio
	@$(BIN)/python -m benchmarks $(ARGS)

.PHONY: clean
clean: ## Remove the environment, caches and outputs
	rm -rf .venv demo-out build dist .coverage .coverage.* .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	find src simulator tests tools -name __pycache__ -type d -prune -exec rm -rf {} +
