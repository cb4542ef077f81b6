# Everything here works in a clean clone: the virtual environment is made when it is needed.

PYTHON ?= python3
BIN = .venv/bin
PIP = $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: run test test-full lint types oracle schema docs screenshots experiments bench bench-limit clean

run: .venv/installed
	$(BIN)/bprun configs/doc.yaml

test: .venv/installed-dev lint types
	$(BIN)/python -m pytest --numprocesses=2 --dist=loadgroup --cov --cov-report=term

test-full: .venv/installed-dev lint types
	HYPOTHESIS_PROFILE=full $(BIN)/python -m pytest --numprocesses=2 --dist=loadgroup --cov --cov-report=term

lint: .venv/installed-dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: .venv/installed-dev
	$(BIN)/mypy

# Whole trajectories against PyTorch and scikit-learn. PyTorch is large and needed for nothing else: it has its own room.
oracle: .venv-oracle/installed
	.venv-oracle/bin/python -m pytest tests/oracle

.venv-oracle/installed: pyproject.toml constraints.txt
	test -x .venv-oracle/bin/python || $(PYTHON) -m venv .venv-oracle
	.venv-oracle/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' torch==2.13.0
	touch $@

schema: .venv/installed
	$(BIN)/bprun schema > schema/experiment.schema.json
	$(BIN)/bprun schema --sweeps > schema/sweep.schema.json

docs: .venv/installed-dev
	$(BIN)/python -m docs.generate
	$(BIN)/python -m docs.worked
	$(BIN)/python -m docs.notebooks

screenshots: .venv/installed-dev
	$(BIN)/python -m docs.screenshots

# The studies' pages. Nothing is recorded.
experiments: .venv/installed
	$(BIN)/python -m docs.studies

bench: .venv/installed
	$(BIN)/python -m benchmarks

# Training at the limit, beside JAX, PyTorch and scikit-learn, which have a room of their own too.
bench-limit: .venv-bench/installed
	OMP_NUM_THREADS=1 MKL_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 JAX_PLATFORMS=cpu .venv-bench/bin/python -m benchmarks.limit

.venv-bench/installed: pyproject.toml constraints.txt
	test -x .venv-bench/bin/python || $(PYTHON) -m venv .venv-bench
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' torch==2.13.0 jax==0.10.2
	touch $@

.venv/installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(PIP) --editable .
	touch $@

.venv/installed-dev: .venv/installed
	$(PIP) --editable '.[dev]'
	touch $@

clean:
	rm -rf .venv .venv-oracle .venv-bench .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage
