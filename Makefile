# "make demo" and "make test" need Python >= 3.10 and nothing else: they install into .venv by themselves.

PYTHON ?= python3
VENV := .venv
ifeq ($(OS),Windows_NT)
BIN := $(VENV)/Scripts
else
BIN := $(VENV)/bin
endif
# Without bytecode, each of the many processes that the tests start compiles the whole program first.
unexport PYTHONDONTWRITEBYTECODE

PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet --no-input
SQLALCHEMY_20 := $(VENV)/sqlalchemy-2.0
SQLALCHEMY_14 := $(VENV)/sqlalchemy-1.4
VSCODE := vscode-client
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
EXAMPLE := docs/examples/charge-party/1-incident

.DEFAULT_GOAL := help
.PHONY: help demo test checks quick lint types contracts docs docs-check unit fuzz test-real test-editors test-vscode test-vscode-oldest dist vsix site bench evaluation oracle real applications format lock clean pictures
.DELETE_ON_ERROR:

MEASURED := $(foreach each,random random-fixes language packages applications,$(VENV)/$(each).json)

BENCH_OPTIONS = $(if $(SIZES),--sizes $(SIZES)) $(if $(ONLY),--only $(ONLY)) $(if $(ROUNDS),--rounds $(ROUNDS)) \
	$(if $(EDITS),--edits $(EDITS)) $(if $(SECONDS),--seconds $(SECONDS)) $(if $(PROFILE),--profile $(PROFILE)) \
	$(if $(BUDGET),--budget $(BUDGET)) $(if $(PROJECTS),--projects $(PROJECTS))

help: ## list the targets
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## (.*)/  make \1\t\2/' | expand -t 20

demo: $(VENV)/.installed ## the findings in the example with their chains, then its timeline
	@echo '$$ cd $(EXAMPLE)'
	@echo '$$ cucurbit check --show-fixes'
	@cd $(EXAMPLE) && $(CURDIR)/$(BIN)/cucurbit check --show-fixes --exit-zero
	@echo
	@echo '$$ cucurbit timeline app.main_simple'
	@cd $(EXAMPLE) && $(CURDIR)/$(BIN)/cucurbit timeline app.main_simple

test: checks unit ## everything that CI runs

# Of its own root: two runs that clear away old folders of a shared one at the same time get in each other's way, and fail. It stays when a test fails.
PYTEST = @set -e; root=$$(mktemp -d); echo "pytest $(1)"; PYTEST_DEBUG_TEMPROOT="$$root" $(BIN)/pytest $(1); rm -rf "$$root"

# Two at a time: most of them leave one core idle. What is installed with apt-get is installed before, as it runs once at a time.
checks: $(VENV)/.developing $(VENV)/.site
	@bash .ci/prepare-editors $(VENV)
	@bash .ci/prepare-browser
	$(MAKE) --no-print-directory --jobs=2 $(if $(filter output-sync,$(.FEATURES)),--output-sync=target) \
		test-vscode types test-real test-editors lint contracts docs-check site

# The tests of the analysis and its output, without the randomised ones.
QUICK := tests/unit tests/rules tests/fixes tests/ide tests/report tests/tools tests/cli/test_rules.py

quick: lint types contracts ## linter, types, contracts and the main tests: under two minutes on two cores
	$(call PYTEST,-n auto -m 'not hypothesis' -k 'not random' $(QUICK))
	@echo 'Left out, and run by "make test": what draws inputs at random, tests/cli but for its pages of rules, and'
	@echo '$(filter-out $(QUICK) tests/cli,$(patsubst %/,%,$(filter-out %__pycache__/,$(sort $(wildcard tests/*/))))) vscode-client/test'

lint: $(VENV)/.developing
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: $(VENV)/.developing
	$(BIN)/mypy

contracts: $(VENV)/.developing
	$(BIN)/lint-imports

docs: $(VENV)/.developing ## write the generated parts of docs/, README.md and package.json
	$(BIN)/python -m tools.docs

docs-check: $(VENV)/.developing
	$(BIN)/python -m tools.docs --check
	$(BIN)/python -m tests.evaluation --check
	$(BIN)/python -m tests.bench page --check

site: $(VENV)/.site ## build docs/ into build/site; a broken link is an error
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet --config-file docs/site/mkdocs.yml

# One more than there are cores: many tests wait for a server or another program.
WORKERS = $(shell $(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')

unit: $(VENV)/.developing
	@bash .ci/prepare-browser
	$(call PYTEST,-n $(WORKERS) --ignore tests/editors --ignore tests/real --ignore tests/record)

test-real: $(VENV)/.developing ## import 25 packages and run env.py of two applications for real, and record programs
	@bash .ci/prepare-packages $(VENV) few
	@bash .ci/prepare-applications $(VENV) buildbot optuna
	$(call PYTEST,tests/real tests/record)

fuzz: $(VENV)/.developing ## try random files, workspaces, sessions, edits and failing writes for ten minutes (SECONDS=3600 SEED=1 ONLY=sessions)
	$(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED)) $(if $(ONLY),--only $(ONLY))

test-editors: $(VENV)/.developing ## use the server in Neovim, Emacs, Helix and Vim
	@bash .ci/prepare-editors $(VENV)
	$(call PYTEST,-n auto tests/editors)

test-vscode: $(VENV)/.developing ## use the extension in VS Code
	$(call use-vscode,current)

test-vscode-oldest: $(VENV)/.developing ## the same in the oldest supported VS Code
	$(call use-vscode,oldest)

# Where it cannot be installed, without a network for example, it is left out by name; in CI nothing is left out.
define use-vscode
	@bash .ci/prepare-browser
	@if $(MAKE) --no-print-directory --silent $(VENV)/.node && $(NODE) bash .ci/prepare-vscode $(1); then \
		cd $(VSCODE) && CUCURBIT_PYTHON='$(CURDIR)/$(BIN)/python' $(NODE) node test/run.ts $(1) $(ONLY); \
	elif [ -n "$$CI" ]; then \
		exit 1; \
	else \
		echo 'Left out: the tests of the VS Code extension, as what they need cannot be installed.'; \
	fi
endef

pictures: ## make new pictures for README.md and the extension, by running its tests
	$(MAKE) --no-print-directory test-vscode ONLY="incident workspaces"
	cd $(VSCODE)/test-results && cp incident.png walk.png registration.png completion.png ../images/
	$(BIN)/python -m tests.page.images

dist: $(VENV)/.made ## build the source distribution and the wheel
	$(PIP) install 'hatchling>=1.27,<2'
	$(BIN)/python -m hatchling build -d dist

vsix: $(VENV)/.node ## package the extension, with the server in it, for this platform
	@$(NODE) bash .ci/prepare-vscode
	$(BIN)/python $(VSCODE)/scripts/bundle.py
	mkdir -p dist
	cd $(VSCODE) && $(NODE) node scripts/package.ts ../dist/cucurbit.vsix
	$(BIN)/python $(VSCODE)/scripts/bundle.py dist/cucurbit.vsix

# For SIZES, ONLY, PROJECTS, ROUNDS, EDITS, SECONDS, BUDGET and PROFILE, see the end of docs/performance.md.
bench: $(VENV)/.developing $(VENV)/.rivals ## measure speed and memory, compared with other tools, and write docs/performance.md
	$(if $(or $(if $(ONLY),,all),$(findstring real,$(ONLY))),$(BIN)/python -m tests.bench prepare $(if $(PROJECTS),--projects $(PROJECTS)))
	$(BIN)/python -m tests.bench run --rivals $(VENV)/rivals --json tests/bench/results.json $(BENCH_OPTIONS)
	$(BIN)/python -m tests.bench page

oracle: $(VENV)/.developing ## run N random programs for real and compare them with the prediction (N=5000 SEED=1 JSON=FILE), then the drift of DRIFT=2000 random projects; or try their fixes (FIXES=600)
	$(BIN)/python -m tests.oracle.many $(if $(FIXES),--fixes $(FIXES),--programs $(or $(N),1000)) $(if $(SEED),--seed $(SEED)) \
		$(if $(JSON),--json $(JSON))
	$(if $(FIXES),,$(BIN)/python -m tests.drift.many $(or $(DRIFT),2000) $(SEED))

real: $(VENV)/.developing ## import 150 packages from PyPI for real and compare them with the prediction (ONLY=click JSON=FILE)
	@bash .ci/prepare-packages $(VENV) packages
	$(BIN)/python -m tests.real packages $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON))

applications: $(VENV)/.developing ## run env.py of 20 applications from PyPI for real and compare it with the prediction (ONLY=optuna JSON=FILE)
	@bash .ci/prepare-applications $(VENV) $(ONLY)
	$(BIN)/python -m tests.real applications $(if $(ONLY),--only $(ONLY)) $(if $(JSON),--json $(JSON))

# Of what cannot be measured, without a network for example, the last measurement is kept.
evaluation: $(VENV)/.developing ## measure how often Cucurbit is right, and write docs/evaluation.md (N=5000 FIXES=1000 CORPUS=folder)
	rm -f $(MEASURED)
	-$(BIN)/python -m tests.oracle.many --programs $(or $(N),1000) --json $(VENV)/random.json
	-$(BIN)/python -m tests.oracle.many --fixes $(or $(FIXES),600) --json $(VENV)/random-fixes.json
	-$(BIN)/python -m tests.language --json $(VENV)/language.json
	-$(MAKE) --no-print-directory real JSON=$(VENV)/packages.json
	-$(MAKE) --no-print-directory applications JSON=$(VENV)/applications.json
	$(BIN)/python -m tests.evaluation --measured $(VENV) $(if $(CORPUS),--corpus $(CORPUS))

format: $(VENV)/.developing ## format the code and apply the linter's fixes
	$(BIN)/ruff check --fix-only --quiet
	$(BIN)/ruff format

lock: ## bring constraints.txt up to date with pyproject.toml, with uv; UPGRADE=1 takes the newest version of everything
	uv pip compile --quiet --universal --python-version 3.10 --group dev --group site --group vscode --no-emit-index-url --no-annotate --no-header \
		$(if $(UPGRADE),--upgrade) --output-file constraints.txt pyproject.toml

clean: ## remove everything that was installed, and every cache
	rm -rf $(VSCODE)/node_modules $(VSCODE)/dist $(VSCODE)/bundled $(VSCODE)/test-results $(VSCODE)/test/editors/*/node_modules
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Node.js comes from PyPI: the extension's tools and VS Code need a newer one than most systems have.
$(VENV)/.node: $(VENV)/.developing
	$(PIP) install --constraint constraints.txt --group vscode
	@touch $@

$(VENV)/.made:
	@PYTHON='$(PYTHON)' bash .ci/prepare
	rm -rf $(VENV)
	$(PYTHON) -m venv $(VENV)
	@touch $@

$(VENV)/.installed: $(VENV)/.made pyproject.toml constraints.txt
	$(PIP) install --constraint constraints.txt --editable .
	@touch $@

$(VENV)/.site: $(VENV)/.developing
	$(PIP) install --constraint constraints.txt --group site
	@touch $@

# Dependency groups need pip 25.1. The oracle runs its cases on SQLAlchemy 2.0 and 1.4 as well, which stand beside the newer one.
$(VENV)/.developing: $(VENV)/.installed
	$(PIP) install 'pip>=25.1'
	$(PIP) install --constraint constraints.txt --group dev
	rm -rf $(SQLALCHEMY_20) $(SQLALCHEMY_14)
	$(PIP) install --no-deps --target $(SQLALCHEMY_20) 'sqlalchemy==2.0.58'
	$(PIP) install --no-deps --target $(SQLALCHEMY_14) 'sqlalchemy==1.4.54' 'alembic==1.16.5' 'flask-sqlalchemy==3.0.5'
	@touch $@

# What others wrote stands apart; what cannot be installed is left out, and the benchmark says so.
$(VENV)/.rivals: $(VENV)/.made tests/bench/rivals.txt
	rm -rf $(VENV)/rivals
	$(PYTHON) -m venv $(VENV)/rivals
	@while read -r tool; do \
		$(VENV)/rivals/$(notdir $(BIN))/python -m pip --disable-pip-version-check --quiet --no-input install "$$tool" || \
			echo "could not install $$tool"; \
	done < tests/bench/rivals.txt
	@touch $@
