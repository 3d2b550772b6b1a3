# make demo, make test: each sets up what it needs. The rest are their parts.
SHELL := /bin/sh
VENV := .venv
export PATH := $(CURDIR)/$(VENV)/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
STAMP := $(VENV)/.made
AUDIT_TOOLS := testssl.sh chromium tcpdump
TOOLS := dash busybox posh swaks libnet-ssleay-perl openssl openssh-client gnutls-bin

.PHONY: demo down test test-fast test-audit test-faults test-brownfield fault fuzz lint unit shell docs examples molecule wire test-versions bench bench-fleet engine images tools collection test-collection
demo: $(STAMP) engine
	sh setup/images.sh centos5 bookworm trixie
	sh setup/fleet.sh up
	sh setup/fleet.sh wait
	ansible-playbook site.yml

down:
	sh setup/fleet.sh down

# images are made while the processor has others' work: they wait for the net and the disk
test: $(STAMP) tools engine
	$(MAKE) -j 2 -O images lint unit
	$(MAKE) shell docs test-collection examples molecule wire test-versions test-faults

test-fast: lint unit shell docs

$(STAMP): requirements.txt setup/venv.sh
	sh setup/venv.sh $(VENV) requirements.txt

tools:
	sh setup/packages.sh $(TOOLS)

engine:
	sh setup/engine.sh

images: $(STAMP) engine
	sh setup/images.sh

lint: $(STAMP)
	ruff check .
	ruff format --check .
	MYPYPATH=. mypy
	yamllint --strict .
	ansible-lint --offline --profile production
	python tests/documentation.py
	python tests/shellcheck.py

unit: $(STAMP) tools
	pytest -q -n 2 tests/unit tests/fuzz --cov=module_utils/mailhost --cov-report=term --cov-fail-under=90

shell: $(STAMP) tools
	pytest -q -n 6 tests/shell # most of their time they wait

DOCS := .venv-docs
$(DOCS)/.made: docs/requirements.txt setup/venv.sh
	sh setup/venv.sh $(DOCS) docs/requirements.txt

# the documentation's site, in site/: README, docs/, every word, the role; a broken link is an error
docs: $(STAMP) $(DOCS)/.made
	$(DOCS)/bin/mkdocs build --strict
	python tests/site.py site $(CURDIR)/$(DOCS)/bin/mkdocs

# awx/ against something that speaks AWX's API, examples/ci by what its jobs run
examples: $(STAMP) tools
	pytest -q -n 2 --dist loadfile tests/examples

molecule: $(STAMP) images tools
	sh setup/molecule.sh

wire: $(STAMP) images tools
	pytest -q -n 4 --dist loadgroup tests/wire

# ansible-core from the oldest to the newest, on each Python that is here; -rs names those that are not
test-versions: $(STAMP) images
	pytest -q -n 4 -rs tests/versions

# good hosts and hosts broken in one way each, others' tools, the page in a browser, fifty hosts at once
test-audit: $(STAMP) images tools
	sh setup/packages.sh $(AUDIT_TOOLS)
	pytest -q -n 2 --dist loadgroup tests/audit --ignore tests/audit/test_fleet.py
	pytest -q tests/audit/test_fleet.py # alone: its time is one of the figures

# mailhost-mailhost-VERSION.tar.gz into build/: what ansible-galaxy collection install takes
collection: $(STAMP)
	python setup/collection.py build

# the collection built, installed and used from a project elsewhere; ansible-test sanity in it
test-collection: $(STAMP) engine tools
	sh setup/images.sh trixie
	pytest -q -n 2 --dist loadfile tests/collection

# every fault, the mail ledger, bad and strange input, endurance; one fault: make fault NAME=disk-full
test-faults: $(STAMP) images tools
	pytest -q -n 4 --dist loadgroup tests/faults

# hosts as people have them, before and after a run
test-brownfield: $(STAMP) images tools
	sh setup/images.sh brownfield-bookworm brownfield-trixie brownfield-sendmail
	pytest -q -n 3 tests/brownfield

fault: $(STAMP) images tools
	pytest -q tests/faults/test_runs.py -k "$(NAME)"

fuzz: $(STAMP)
	pip install -q -r tests/fuzz/requirements.txt
	python tests/fuzz/run.py

bench: $(STAMP) images
	python -m bench.run

HOSTS ?= 10
BENCH := .venv-bench
$(BENCH)/.made: bench/requirements.txt setup/venv.sh
	sh setup/venv.sh $(BENCH) bench/requirements.txt

# a fleet over SSH on this machine, beside stock modules, Mitogen and pyinfra: make bench-fleet HOSTS=50
bench-fleet: $(STAMP) $(BENCH)/.made engine tools
	sh setup/images.sh bookworm
	python -m bench.fleet.run $(HOSTS)
	$(BENCH)/bin/python -m bench.fleet.curve
