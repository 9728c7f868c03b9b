# `make` lists what there is to do. Everything happens in a virtual environment in the checkout.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/ready
# As where it is installed: modules are compiled once, and not for every process that a test or a measurement starts.
unexport PYTHONDONTWRITEBYTECODE
export PYTHONPYCACHEPREFIX := $(CURDIR)/.venv/pycache

.DEFAULT_GOAL := help
.PHONY: help dev check test fuzz soak story demo golden record docs bundle agent bench clean

help:  ## List the targets
	@sed -n 's/^\([a-z]*\):.*##/\1\t/p' $(MAKEFILE_LIST) | expand -t 10

dev: $(READY)  ## Make the environment for development
$(READY): setup.cfg pyproject.toml
	@test -d .venv || $(PYTHON) -m venv .venv
	@$(BIN)/pip install --quiet --editable '.[dev]'
	@touch $@

check: $(READY)  ## Lint, types, formatting
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/mypy

test: $(READY)  ## Run the tests
	@$(BIN)/python -m pytest -q -n 2 --dist loadfile

fuzz: $(READY)  ## Spoil the samples and read them: SECONDS=3600 SEED=1
	@$(BIN)/python tests/fuzz --seconds $(or $(SECONDS),3600) --seed $(or $(SEED),1)

soak: $(READY)  ## Kill scans at random moments: KILLS=1000 SEED=1
	@$(BIN)/python tests/faults --kills $(or $(KILLS),1000) --seed $(or $(SEED),1)

story: $(READY)  ## Tell of an organization with a known truth, and measure what is found: SEED=1 SIZE=5000
	@$(BIN)/python tests/story --seed $(or $(SEED),1) --size $(or $(SIZE),5000)

demo: $(READY)  ## Show the whole job on recorded inputs
	@$(BIN)/shadowledger demo

golden: $(READY)  ## Record the collectors' samples anew; read the difference
	@SHADOWLEDGER_RECORD_GOLDEN=1 $(BIN)/python -m pytest -q tests/collectors/test_golden.py -k gives_what_was_recorded

record: $(READY)  ## Record the demo's inputs anew, from real servers (root)
	@$(BIN)/python tests/e2e/record.py scanner/demo

docs: $(READY)  ## Write the generated pages of docs
	@$(BIN)/python docs/generate.py

bundle: $(READY)  ## Write dist/bundle, which installs without a network
	@deploy/bundle/build.sh $(BIN)/python dist/bundle

agent: .venv-agent/ready  ## Write dist/agent: the agent as a folder, a zipapp, and packages of this system
	@deploy/agent/build.sh .venv-agent/bin dist/agent
	@deploy/linux/build.sh dist/agent
.venv-agent/ready:
	@test -d .venv-agent || $(PYTHON) -m venv .venv-agent
	@.venv-agent/bin/pip install --quiet 'pyinstaller>=6' 'shiv>=1.0'
	@touch $@

bench: .venv-bench/ready  ## Measure beside rivals; ONLY=part for one part
	@command -v rg >/dev/null || apt-get -qq install -y ripgrep >/dev/null || echo "ripgrep cannot be installed" >&2
	@.venv-bench/bin/python bench $(ONLY)
.venv-bench/ready: setup.cfg pyproject.toml
	@test -d .venv-bench || $(PYTHON) -m venv .venv-bench
	@.venv-bench/bin/pip install --quiet --editable '.[bench]' || .venv-bench/bin/pip install --quiet --editable .
	@touch $@

clean:  ## Remove what was built, and the environment
	@rm -rf .venv .venv-agent .venv-bench build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
