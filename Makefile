# SPDX-License-Identifier: GPL-3.0-or-later
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help

# Tools come from .venv, whoever starts them.
export PATH := $(CURDIR)/.venv/bin:$(PATH)
pytest := .venv/bin/python -m pytest --durations=15 --durations-min=1

.PHONY: help setup test test-unit test-checks test-e2e clean

help: ## list the targets
	@grep -hE '^[a-z0-9-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([^:]+):.*## (.*)/  \1\t\2/' | expand -t 18

setup: ## make .venv with every pinned tool (PYTHON=python3.12 picks the interpreter)
	@tests/setup.sh

test: setup ## everything: unit tests, checks, the real thing
	$(pytest) $(ARGS) $(wildcard tests/unit tests/checks tests/testbed tests/e2e)

test-unit: setup ## unit tests only: no engine, no Vault
	$(pytest) $(ARGS) tests/unit

test-checks: setup ## linters, types, sanity, build, docs, licences
	$(pytest) $(ARGS) tests/checks

test-e2e: setup ## against real Swarm nodes and a real OpenBao
	$(pytest) $(ARGS) $(wildcard tests/testbed tests/e2e)

clean: ## remove what was built, .venv included
	rm -rf .venv .cache .ansible .pytest_cache .mypy_cache .ruff_cache .hypothesis tests/output
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
