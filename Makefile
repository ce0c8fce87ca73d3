# The words of this repository. `make test` is everything that fits in 20 minutes on 2 cold cores.

CARGO ?= cargo
VENV  := target/venv
NEXTEST := $(shell $(CARGO) nextest --version >/dev/null 2>&1 && echo yes)

.PHONY: demo lint test verify bench venv

demo:
	$(CARGO) run --release -- demo

# Format, clippy with warnings as errors, rustdoc without warnings.
lint:
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked --quiet

# Unit, property, golden and integration tests. The integration tests start the built binary over the sandboxes and over
# scim2-server, an independent SCIM server, from the virtual environment.
test: venv
ifeq ($(NEXTEST),yes)
	SCIMUX_TEST_VENV=$(abspath $(VENV)) $(CARGO) nextest run --workspace --locked --no-fail-fast
else
	SCIMUX_TEST_VENV=$(abspath $(VENV)) $(CARGO) test --workspace --locked --no-fail-fast
endif
	$(CARGO) test --workspace --locked --doc --quiet

# What takes longer: the tests again with many more cases for each property, and the release build's demo.
verify: lint test
	PROPTEST_CASES=20000 $(CARGO) test --release --locked -p scimux-scim -p scimux-adapters
	$(CARGO) run --release --locked -- demo --once

# Prints what README claims: release build from cold, size of the binary, memory when idle.
bench:
	tests/bench/footprint.sh

venv: $(VENV)/.made

$(VENV)/.made: tests/requirements.txt
	python3 -m venv $(VENV)
	$(VENV)/bin/pip install --quiet --disable-pip-version-check -r tests/requirements.txt
	touch $@
