# The words of this repository. `make test` is everything that fits in 20 minutes on 2 cold cores.

CARGO ?= cargo
VENV  := target/venv
NODE  := target/node
OTHERS := SCIMUX_TEST_VENV=$(abspath $(VENV)) SCIMUX_TEST_NODE=$(abspath $(NODE))
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: demo lint test verify soak fuzz deny bench bench-growth footprint instructions instructions-commit deploy-check venv node

demo:
	$(CARGO) run --release -- demo

# Format, clippy with warnings as errors, rustdoc without warnings, a test or a reason for each entry of rfc-traps.
lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --quiet
	python3 tests/traps.py --check

# Unit, property, golden and integration tests. The integration tests start the built binary over the sandboxes and over
# independent SCIM servers, and compare PATCH and filters with independent implementations: those of the virtual
# environment and of node's modules.
test: venv node
ifeq ($(NEXTEST),yes)
	$(OTHERS) $(CARGO) nextest run --workspace --locked --no-fail-fast
else
	$(OTHERS) $(CARGO) test --workspace --locked --no-fail-fast
endif
	$(CARGO) test --workspace --locked --doc --quiet

# What takes longer: the tests again with many more cases for each property, comparison and simulation, the release build's demo,
# and a short load with faults.
verify: lint test
	$(OTHERS) PROPTEST_CASES=20000 SCIMUX_TEST_CASES=5000 SCIMUX_TEST_SEED=new $(CARGO) test --release --locked -p scimux-scim -p scimux-adapters
	SCIMUX_TEST_CASES=20000 SCIMUX_TEST_SEED=new $(CARGO) test --release --locked --lib -p scimux simulation
	$(CARGO) run --release --locked -- demo --once
	$(CARGO) bench --profile release --locked --bench soak -- --seconds 45

# Load on a gateway before vendors of which one is slow, one flaps and one is gone (docs/RELIABILITY.md); fails where a claim
# does not hold. Ten minutes; the short one is in `verify`. Other work on the machine shows in the latencies.
soak:
	$(CARGO) bench --profile release --locked --bench soak -- --seconds 600

# Looks for input that breaks what fuzz/src says of the decoders: FUZZ_SECONDS for each, by libFuzzer where a nightly toolchain
# and cargo-fuzz are there. What `make test` runs of them is the kept corpus and the same changes of it every time.
FUZZ_SECONDS ?= 60
fuzz:
	fuzz/run.sh $(FUZZ_SECONDS)

# What we depend on: licences, banned crates, registries, crates nobody uses, and known vulnerabilities if the list of them
# can be reached.
deny:
	tests/deny.sh

# Manifests, unit and alerts of deploy/, as far as the tools are there; it says what it could not check.
deploy-check: venv
	deploy/check.sh $(abspath $(VENV))

# Counts the instructions of the pure paths; one that grew by more than 5 % over benches/instructions.tsv fails.
instructions:
	python3 benches/instructions.py

# Writes benches/instructions.tsv anew, to be committed with what changed it.
instructions-commit:
	python3 benches/instructions.py --commit

# scimux beside nginx, haproxy and Pingora on loopback, into docs/PERFORMANCE.md: 20 minutes of a machine that does nothing else.
# BENCH=quick tries it in three, and only prints.
bench:
	python3 tests/bench/bench.py

# Whether what a request costs is flat or linear in its size, and in routes and connections; docs/growth.svg.
bench-growth:
	python3 tests/bench/growth.py

# Prints what README claims: release build from cold, size of the binary, memory when idle.
footprint:
	tests/bench/footprint.sh

venv: $(VENV)/.made

$(VENV)/.made: tests/requirements.txt deploy/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt -r deploy/requirements.txt
	touch $@

node: $(NODE)/.made

$(NODE)/.made: tests/node/package.json tests/node/package-lock.json
	@command -v npm >/dev/null || { echo "the tests need node and npm: they run independent SCIM programs of JavaScript" >&2; exit 1; }
	mkdir -p $(NODE)
	cp tests/node/package.json tests/node/package-lock.json $(NODE)
	npm ci --prefix $(NODE) --ignore-scripts --no-audit --no-fund --loglevel=error
	touch $@
