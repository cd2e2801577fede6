# make demo       the main job on real data: a table and compare.png
# make test       every test but the long profile
# make test-long  the long profile too
# make test-oldest    the same with the oldest releases that setup.cfg allows
# make test-versions  the same on every Python of VERSIONS
# make test-machines  the same as other machines would: kernels of BLAS and compiled loops of other processors, two copies
#                     at once, VERSIONS and the oldest; hours, then a summary. MACHINES="--only Haswell busy" chooses
# make test-adapters  the adapters to sktime, aeon, statsforecast and darts, each in an environment with its library;
#                     ADAPTERS=sktime chooses
# make coverage       lines that tests run: kernels as plain Python, all else as it is
# make comparison every kind of system on the same tasks, with equal budgets; writes comparison.html
# make leaderboard  classification on the UCR and UEA sets at hand, among published results and beside MiniRocket and ROCKET;
#                   writes benchmarks/leaderboard/README.md and leaderboard.png
# make bench      the peers in environments of their own; writes benchmarks/README.md
# make docs       the pages, with the examples run; opens at docs/_build/html/index.html
# make lint       style, types and the import contracts
#
# PYTHON chooses the interpreter of the environment: PYTHON=python3.13 make test

PYTHON ?= python3
VENV := .venv
BENCH ?= .venv-bench
VERSIONS ?= python3.11 python3.12 python3.13
BIN := $(VENV)/bin
# One environment for one interpreter: another PYTHON builds it anew.
INTERPRETER := $(VENV)/.interpreter-$(subst /,_,$(PYTHON))

.PHONY: demo test test-long test-oldest test-versions test-machines test-adapters coverage comparison leaderboard bench docs lint format clean

demo: $(VENV)/.demo
	$(BIN)/python benchmarks/studies/who_spoke.py

test: $(VENV)/.test
	$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test-long: $(VENV)/.test
	HYPOTHESIS_PROFILE=long $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m "long or not long"

test-oldest: $(VENV)/.test
	$(BIN)/python .ci/machines.py --only oldest

test-versions: $(VENV)/.test
	$(BIN)/python .ci/machines.py --versions "$(VERSIONS)" --only $(VERSIONS)

test-machines: $(VENV)/.test
	$(BIN)/python .ci/machines.py --versions "$(VERSIONS)" $(MACHINES)

test-adapters: $(INTERPRETER)
	$(BIN)/python .ci/adapters.py $(ADAPTERS)

coverage: $(VENV)/.test
	$(BIN)/python -m coverage erase
	NUMBA_DISABLE_JIT=1 $(BIN)/python -m coverage run -m tests.house.kernel_work
	$(BIN)/python -m coverage run -m pytest
	$(BIN)/python -m coverage combine
	$(BIN)/python -m coverage report

comparison: $(VENV)/.demo
	$(BIN)/python -m benchmarks.comparison

leaderboard: $(VENV)/.demo
	$(BIN)/python -m benchmarks.leaderboard --folder $(BENCH)

bench: $(VENV)/.demo
	$(BIN)/python benchmarks/run.py --folder $(BENCH)

docs: $(VENV)/.docs
	$(BIN)/sphinx-build -W --keep-going -b html docs docs/_build/html

lint: $(VENV)/.lint
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: $(VENV)/.lint
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

$(INTERPRETER):
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	    { echo "$(PYTHON) does not run or is older than 3.11: choose another, as in PYTHON=python3.13 make test"; exit 1; }
	$(PYTHON) -m venv --clear $(VENV)
	@touch $@

$(VENV)/.demo: $(INTERPRETER) setup.cfg pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[plot,progress]"
	@touch $@

$(VENV)/.test: $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --editable ".[test]"
	@touch $@

$(VENV)/.docs: $(VENV)/.demo
	$(BIN)/python -m pip install --quiet --editable ".[docs]"
	@touch $@

$(VENV)/.lint: $(VENV)/.test
	$(BIN)/python -m pip install --quiet --editable ".[lint]"
	@touch $@

clean:
	rm -rf $(VENV) .machines .adapters .coverage* build *.egg-info compare.png comparison.html docs/_build docs/examples docs/api
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
