# SPDX-License-Identifier: GPL-3.0-or-later
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Tools come from .venv, whoever starts them.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
python := .venv/bin/python
pytest := $(python) -m pytest --durations=15 --durations-min=1
# Real nodes are mostly waited for, checks are mostly computed: side by side they take the time of
# the longer one (see conftest.py). JOBS=0 runs one after the other.
JOBS ?= 3
side_by_side := -n $(JOBS)

.PHONY: help setup demo lint format docs changelog release wheels test test-unit test-checks test-e2e test-cold bench chaos testbed-up testbed-down clean

help: ## list the targets; ARGS=... is handed on to what they start
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([^:]+):.*## (.*)/  \1\t\2/' | expand -t 18

setup: ## make .venv with every pinned tool (PYTHON=python3.12 picks the interpreter)
	@tests/setup.sh

demo: setup ## watch a rotation on real Swarm nodes with a real OpenBao
	tests/demo/run $(ARGS)

lint: setup ## every check that only looks at the sources: ruff, mypy, ansible-lint, yamllint, ...
	$(pytest) -q $(ARGS) -m lint tests/checks

format: setup ## format Python and fragments, mend what ruff can, make lists of variables and AWX's forms
	ruff check --fix-only .
	ruff format .
	PYTHONPATH=tests:. $(python) -m release fragments
	PYTHONPATH=tests $(python) -m rolevars
	$(python) -m tests.awx_forms

test: setup ## everything: unit tests, checks, the real thing
	$(pytest) $(side_by_side) $(ARGS) $(wildcard tests/unit tests/checks tests/testbed tests/e2e)

test-unit: setup ## unit tests only: no engine, no Vault
	$(pytest) $(ARGS) tests/unit

test-checks: setup ## linters, types, sanity, build, docs, licences
	$(pytest) $(ARGS) tests/checks

test-e2e: setup ## against real Swarm nodes and a real OpenBao
	$(pytest) $(ARGS) $(wildcard tests/testbed tests/e2e)

test-cold: setup ## make demo on a machine that has nothing: a minimal Debian of its own (ARGS="make test")
	tests/cold/run $(ARGS)

docs: setup ## the HTML site, without a network: plugins, guides, changelog (build/docs)
	PYTHONPATH=tests:. $(python) -m docsite $(ARGS)

changelog: setup ## bring CHANGELOG.rst up to date with the fragments of the version to come
	PYTHONPATH=tests:. $(python) -m release changelog

release: setup ## VERSION=x.y.z: version, changelog, tarball (build/), Galaxy's own check; without a network
	PYTHONPATH=tests:. $(python) -m release $(or $(VERSION),$(error say which: make release VERSION=x.y.z))

wheels: setup ## refresh the plugin's libraries: pins, hashes and wheels, the newest for Python 3.9
	PYTHONPATH=tests $(python) -m wheels

bench: setup ## measure against the peers, side by side
	PYTHONPATH=tests $(python) -m bench $(ARGS)

chaos: setup ## fuzz the plugin for SECONDS=120; ARGS=<file> tries again what failed
	tests/chaos/run $(or $(SECONDS),120) $(ARGS)

testbed-up: setup ## start real Swarm nodes and an OpenBao to try things on
	PYTHONPATH=tests $(python) -m testbed up $(ARGS)

testbed-down: setup ## remove them without a trace
	PYTHONPATH=tests $(python) -m testbed down $(ARGS)

clean: ## remove what was built, .venv included
	rm -rf .venv .cache .ansible .pytest_cache .mypy_cache .ruff_cache .hypothesis build tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
