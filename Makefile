# All set-up is in here: `make demo` and `make test` need Python 3.11 or newer and make, nothing else.
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
SHELL := /bin/sh

# The demo shop: how many customers, its last day (yesterday where empty), and where it is served. Each port is a shop.
CUSTOMERS ?=
UNTIL ?=
PORT ?= 8000
ONCE ?=
# Where the report on the shop's orders goes.
OUT ?= var/report

# --- What is installed -----------------------------------------------------------------------------------------------
# Three locks, each holding the one before: build (to run from a checkout), dev (to test), bench (to compare). One
# environment serves all; it grows to what the goals need and never shrinks, so that a demo after the tests undoes nothing.
INSTALLED := $(wildcard .venv/.installed-*)
ifneq (,$(filter bench,$(MAKECMDGOALS))$(filter %-bench,$(INSTALLED)))
LOCK := bench
else ifneq (,$(filter-out help demo report assets clean,$(MAKECMDGOALS))$(filter %-dev,$(INSTALLED)))
LOCK := dev
else
LOCK := build
endif
STAMP := .venv/.installed-$(LOCK)

export PATH := $(CURDIR)/.venv/bin:$(PATH)
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV
# What Python compiles is kept: loading the libraries takes three times as long without, in each process.
unexport PYTHONDONTWRITEBYTECODE
# The caches stay in the checkout: nothing depends on a home folder, and `make clean` takes all with it.
export UV_CACHE_DIR ?= $(CURDIR)/.cache/uv
export npm_config_cache ?= $(CURDIR)/.cache/npm
export npm_config_update_notifier := false
# Trust what the machine trusts, so that a network with an authority of its own works.
export UV_SYSTEM_CERTS := 1
export NODE_USE_SYSTEM_CA := 1
ifneq (,$(wildcard /etc/ssl/certs/ca-certificates.crt))
export PIP_CERT ?= /etc/ssl/certs/ca-certificates.crt
endif
UV := .venv/bin/uv --no-config
PYTEST := .venv/bin/pytest -n 2 --dist loadgroup
LOCKING := $(UV) pip compile --universal --python-version 3.11 --generate-hashes --no-header --quiet $(if $(UPGRADE),--upgrade) $(foreach package,$(PACKAGES),--upgrade-package $(package))

.venv/bin/uv: | requirements/bootstrap.txt
	requirements/venv.sh

# No build isolation: the build backend is in the lock too, with its hash.
$(STAMP): requirements/$(LOCK).txt pyproject.toml | .venv/bin/uv
	$(UV) pip install --quiet --python .venv/bin/python --require-hashes -r requirements/bootstrap.txt
	$(UV) pip sync --quiet --python .venv/bin/python --require-hashes --no-build-isolation $<
	$(UV) pip install --quiet --python .venv/bin/python --no-deps --no-build-isolation --editable .
	@touch $@

# --- What is built ---------------------------------------------------------------------------------------------------
DESIGN := src/regulars/design
DESIGN_SOURCES := $(shell find $(DESIGN) \( -name node_modules -o -name static -o -name tests -o -name __pycache__ \) \
	-prune -o -type f ! -name '*.py' ! -name '*.md' -print 2>/dev/null)
ASSETS := $(DESIGN)/static/.built
CATALOGUES := $(patsubst %.po,%.mo,$(wildcard src/regulars/locale/*/LC_MESSAGES/*.po))

$(DESIGN)/node_modules/.package-lock.json: $(DESIGN)/package.json $(DESIGN)/package-lock.json | $(STAMP)
	cd $(DESIGN) && npm ci --silent
	@touch $@

$(ASSETS): $(DESIGN_SOURCES) $(DESIGN)/node_modules/.package-lock.json
	cd $(DESIGN) && npm run --silent build
	@touch $@

%.mo: %.po | $(STAMP)
	.venv/bin/python requirements/compile_catalogue.py $< $@

BUILT := $(STAMP) $(ASSETS) $(CATALOGUES)

# --- What one asks for -----------------------------------------------------------------------------------------------
.PHONY: help demo report test check format bench soak wheel assets openapi reference messages lock clean machine

help: ## List what make can do.
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "make %-9s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(BUILT) ## Run Regulars with a demo shop in it (CUSTOMERS=, UNTIL=, PORT=, ONCE=1: look at each page and stop).
	exec .venv/bin/python -m regulars.demo --port $(PORT) $(if $(CUSTOMERS),--customers $(CUSTOMERS)) \
		$(if $(UNTIL),--until $(UNTIL)) $(if $(filter 1,$(ONCE)),--once)

report: $(BUILT) ## Make the demo shop's orders as a file, and run the report on them (CUSTOMERS=, UNTIL=, OUT=).
	.venv/bin/python -m regulars.demo.report --out $(OUT) $(if $(CUSTOMERS),--customers $(CUSTOMERS)) \
		$(if $(UNTIL),--until $(UNTIL))

test: machine check ## Check, then run every test (tests/architecture runs within check).
	$(PYTEST) --ignore=tests/architecture

check: $(BUILT) ## Check format, lint, types, who imports whom, locks, catalogues and the house.
	.venv/bin/ruff format --check --quiet
	.venv/bin/ruff check --quiet
	.venv/bin/mypy
	.venv/bin/mypy --explicit-package-bases conftest.py tests $(wildcard bench)
	.venv/bin/lint-imports
	.venv/bin/pytest tests/architecture

format: $(STAMP) ## Format the code and mend what the linter can mend.
	.venv/bin/ruff check --fix
	.venv/bin/ruff format

bench: $(BUILT) ## Measure, side by side with the alternatives.
	.venv/bin/python -m bench

soak: machine $(BUILT) ## Run the long tests: every expression on Spark, wide property searches, fifty kills under load.
	HYPOTHESIS_PROFILE=soak $(PYTEST) -m 'soak or hypothesis'

wheel: $(BUILT) ## Build the wheel that is released, with the assets and catalogues in it, into dist/.
	rm -rf build
	$(UV) build --quiet --wheel --no-build-isolation --python .venv/bin/python

assets: $(ASSETS) ## Build the styles and charts.

openapi: $(BUILT) ## Write the description of the API to docs/openapi.json.
	DJANGO_SETTINGS_MODULE=regulars.config.settings REGULARS_HOME=var/openapi .venv/bin/python -c \
		"import django; django.setup(); from regulars.faces.api.docs import document_text; print(document_text(), end='')" \
		> docs/openapi.json

reference: $(BUILT) ## Write the reference of facts, conditions, metrics and programmes to docs/.
	DJANGO_SETTINGS_MODULE=regulars.config.settings REGULARS_HOME=var/openapi .venv/bin/python -m regulars.facts.reference docs
	DJANGO_SETTINGS_MODULE=regulars.config.settings REGULARS_HOME=var/openapi .venv/bin/python -m regulars.insights.reference docs
	DJANGO_SETTINGS_MODULE=regulars.config.settings REGULARS_HOME=var/openapi .venv/bin/python -m regulars.loyalty.definitions.reference docs

messages: $(STAMP) ## Collect the texts to translate into the catalogues.
	mkdir -p var
	.venv/bin/pybabel --quiet extract --mapping pyproject.toml --keyword mark --keyword gettext_lazy --sort-by-file --no-location \
		--project Regulars --copyright-holder 'The Regulars authors' --output-file var/regulars.pot src
	@for language in $$(.venv/bin/python -c 'from regulars.kit.i18n import LANGUAGES; print(*(set(LANGUAGES) - {"en"}))'); do \
		catalogue=src/regulars/locale/$$language/LC_MESSAGES/django.po; \
		mkdir -p $$(dirname $$catalogue); \
		if [ -f $$catalogue ]; then action="update --no-fuzzy-matching --ignore-obsolete"; else action=init; fi; \
		.venv/bin/pybabel --quiet $$action --input-file var/regulars.pot --output-file $$catalogue --locale $$language; \
		sed -i.old -e '/EMAIL@ADDRESS/d' -e '/LL@li.org/d' -e 's/Version:  Regulars/Version: Regulars/' $$catalogue; \
		rm $$catalogue.old; \
	done

lock: $(STAMP) ## Bring the locks up to pyproject.toml (UPGRADE=1: to the newest versions; PACKAGES="a b": those).
	$(LOCKING) pyproject.toml -o requirements/base.txt
	$(LOCKING) pyproject.toml --extra build -o requirements/build.txt
	$(LOCKING) pyproject.toml --extra build --extra spark --extra otel --extra dev -o requirements/dev.txt
	$(LOCKING) pyproject.toml --extra build --extra spark --extra otel --extra dev --extra bench -o requirements/bench.txt
	$(LOCKING) pyproject.toml --extra spark -o requirements/spark.txt
	$(LOCKING) pyproject.toml --extra dedupe -o requirements/dedupe.txt
	$(LOCKING) pyproject.toml --extra boost -o requirements/boost.txt
	$(LOCKING) pyproject.toml --extra otel -o requirements/otel.txt
	$(LOCKING) requirements/bootstrap.in -o requirements/bootstrap.txt

clean: ## Remove all that make has made.
	rm -rf .venv .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis var build dist
	rm -rf src/regulars.egg-info $(DESIGN)/node_modules $(DESIGN)/static $(CATALOGUES)
	find src tests conftest.py -name __pycache__ -type d -prune -exec rm -rf {} +

# Everything is required only where REQUIRE_ALL=1 says so; elsewhere a test skips, with its reason, what it cannot have.
machine:
	@if [ "$(REQUIRE_ALL)" = 1 ]; then requirements/machine.sh; fi
