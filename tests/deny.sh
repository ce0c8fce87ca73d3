#!/usr/bin/env bash
# Checks what scimux depends on.
set -euo pipefail
cd "$(dirname "$0")/.."

if ! cargo deny --version >/dev/null 2>&1; then
  echo "cargo-deny is missing: cargo install cargo-deny --locked" >&2
  exit 1
fi
cargo deny --workspace --log-level error check bans licenses sources

# Crates that a manifest names and no source uses.
if cargo machete --version >/dev/null 2>&1; then
  cargo machete
else
  echo "cargo-machete is missing (cargo install cargo-machete --locked): not looked for crates that nobody uses"
fi

# The list of known vulnerabilities is a git repository elsewhere; not to reach it is no finding.
if timeout 120 cargo deny --workspace --log-level off fetch db; then
  cargo deny --workspace check advisories --disable-fetch
else
  echo "the RustSec advisories cannot be reached: not checked"
fi
