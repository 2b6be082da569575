PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
.PHONY: test test-long lint demo docs bench bench-large

$(VENV)/.ready: pyproject.toml constraints.txt
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install -q -c constraints.txt -e '.[test]'
	touch $@

test: $(VENV)/.ready lint
	$(BIN)/pytest -n 2 -m 'not long'

test-long: $(VENV)/.ready lint
	$(BIN)/pytest -n 2

lint: $(VENV)/.ready
	$(BIN)/ruff check dsv tests bench
	$(BIN)/mypy
	$(BIN)/lint-imports --config setup.cfg

demo: $(VENV)/.ready
	$(BIN)/python examples/digits/demo.py

docs: $(VENV)/.ready
	$(BIN)/python docs/reference.py

bench bench-large: $(VENV)/.ready
	$(BIN)/pip install -q -c constraints.txt -e '.[bench]' && $(BIN)/python -m bench $(subst bench-,,$(filter bench-large,$@))
