# `make demo` shows the main job, `make test` proves it. Both set up what they need first.
PYTHON := .venv/bin/python
SHELL := bash

.PHONY: help setup demo demo-jetbrains demo-goal test test-fast soak check bench format generate lock wheel clean

help: ## this text
	@grep -E '^[a-z-]+:.*##' Makefile | sed -E 's/:[^#]*##/\t/' | expand -t 12

setup: ## Python packages and the built plugins
	@.ci/setup python plugin

demo: ## drive a real VS Code chat with three prompts, with proof
	@.ci/setup python plugin vscode
	@$(PYTHON) -m tests.real.vscode.demo

demo-goal: ## from red to green in a real VS Code, through a question and a rate limit
	@.ci/setup python plugin vscode
	@$(PYTHON) -m tests.real.vscode.goal_demo

demo-jetbrains: ## the same in a real IntelliJ platform, built from Debian's sources
	@.ci/setup python plugin intellij
	@$(PYTHON) -m tests.real.intellij.demo

test: ## every test, the real VS Code and the real desktops included, in lanes beside each other
	@.ci/setup python plugin vscode agents desktop tools intellij
	@cd plugins-vscode && npm test --silent
	@$(PYTHON) -m tests.lanes $(LANES)

test-fast: ## what to run on save: no real product, no network, nothing that takes long
	@.ci/setup python
	@$(PYTHON) -m tests.lanes fast

soak: ## the long tests in full: every size, every random case; hours
	@.ci/setup python plugin tools
	@$(PYTHON) -m tests.lanes soak

check: ## format, lint, types, generated files
	@.ci/setup python plugin types
	@$(PYTHON) -m ruff format --check --quiet . && $(PYTHON) -m ruff check --quiet .
	@$(PYTHON) -m mypy
	@$(PYTHON) -m bridge.protocol.codegen.generate --check
	@$(PYTHON) -m registry.generate --check
	@$(PYTHON) -m bridge.policy.secret_rules.generate --check
	@$(PYTHON) -m bridge.cli registry lint
	@cd plugins-vscode && npm run --silent check
	@cd plugins-vscode/demo-agent && npm run --silent check
	@$(PYTHON) -m pytest -q tests/test_architecture.py tests/test_generated.py

bench: ## the measures, as ratios against a baseline of the same run
	@.ci/setup python plugin vscode desktop intellij
	@$(PYTHON) -m tests.benchmarks.run $(BENCH)

format: ## put the sources into shape
	@$(PYTHON) -m ruff format --quiet . && $(PYTHON) -m ruff check --quiet --fix .

generate: ## write schemas, TypeScript and Java, the table of interfaces and the shapes of secrets
	@$(PYTHON) -m bridge.protocol.codegen.generate
	@$(PYTHON) -m registry.generate
	@$(PYTHON) -m bridge.policy.secret_rules.generate

lock: ## pin the Python packages again, with hashes and without an index
	@uv pip compile --quiet --upgrade --universal --generate-hashes --no-emit-index-url \
	  --custom-compile-command "make lock" --all-extras pyproject.toml -o requirements.txt
	@uv pip compile --quiet --universal --generate-hashes --no-emit-index-url --custom-compile-command "make lock" \
	  --all-extras --group dev -c requirements.txt pyproject.toml -o requirements-dev.txt

wheel: ## build the wheel with both plugins inside
	@.ci/setup python plugin intellij
	@$(PYTHON) -m build --wheel --no-isolation --outdir dist .

clean: ## what was built here; the cache stays
	@rm -rf .venv build dist *.egg-info plugins-vscode/dist plugins-vscode/node_modules plugins-jetbrains/dist bridge/assets
