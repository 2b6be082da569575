PYTHON ?= python3
VENV ?= .venv
EXTRA ?= test
PINS ?= -c constraints.txt
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
.PHONY: test test-long test-trackers runs lint demo docs bench bench-large

$(VENV)/.ready: pyproject.toml constraints.txt constraints-trackers.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q $(PINS) -e '.[$(EXTRA)]'
	touch $@

test test-long: $(VENV)/.ready lint
	$(BIN)/pytest -n 2 $(if $(filter test,$@),-m 'not long')

# Runs in MLflow and DVCLive themselves, in an environment of their own (1 GB).
test-trackers:
	$(MAKE) runs VENV=$(VENV)-trackers EXTRA=test-trackers PINS='-c constraints-trackers.txt'
runs: $(VENV)/.ready
	$(BIN)/pytest tests/runs
lint: $(VENV)/.ready
	$(BIN)/ruff check dsv tests bench && $(BIN)/mypy && $(BIN)/lint-imports --config setup.cfg
demo: $(VENV)/.ready
	$(BIN)/python examples/digits/demo.py
docs: $(VENV)/.ready
	$(BIN)/python docs/reference.py
bench bench-large: $(VENV)/.ready
	$(BIN)/pip install -q -c constraints.txt -e '.[bench]' && $(BIN)/python -m bench $(subst bench-,,$(filter bench-large,$@))
