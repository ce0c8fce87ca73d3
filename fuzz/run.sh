#!/usr/bin/env bash
# Looks for inputs on which something of fuzz/src does not hold, for SECONDS each.
# With cargo-fuzz and a nightly toolchain libFuzzer does it; without, the tests' own changes do, with new ones each time.
set -euo pipefail
cd "$(dirname "$0")/.."

seconds="${1:-60}"
bodies=(answer dialect filter patch path request)

if cargo fuzz --version >/dev/null 2>&1 && cargo +nightly --version >/dev/null 2>&1; then
  work="${CARGO_TARGET_DIR:-$PWD/target}/fuzz-corpus"
  for body in "${bodies[@]}"; do
    mkdir -p "$work/$body"
    # What libFuzzer finds on the way goes to the first folder; a failing input is named at the end.
    cargo +nightly fuzz run --fuzz-dir fuzz/cargo-fuzz "$body" "$work/$body" "fuzz/corpus/$body" -- \
      -max_total_time="$seconds" -max_len=20000 -timeout=20 -rss_limit_mb=2048 -print_final_stats=1
  done
else
  echo "cargo-fuzz or a nightly toolchain is missing (cargo install cargo-fuzz; rustup toolchain install nightly):"
  echo "the changes of fuzz/tests are tried instead, which no coverage guides."
  SCIMUX_FUZZ_SECONDS="$seconds" cargo test --release --locked -p scimux-fuzz
fi
