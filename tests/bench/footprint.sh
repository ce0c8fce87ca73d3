#!/usr/bin/env bash
# Prints what a newcomer pays: a release build from cold, the binary's size, the memory of an idle gateway.
set -euo pipefail
cd "$(dirname "$0")/../.."

build=$(mktemp -d)
gateway=
trap '[ -z "$gateway" ] || kill "$gateway" 2>/dev/null || true; rm -rf "$build"' EXIT

cargo fetch --locked --quiet
begin=$(date +%s.%N)
CARGO_TARGET_DIR=$build cargo build --release --locked --offline --quiet
end=$(date +%s.%N)
printf 'release build from cold, %s cores: %.0f s\n' "$(nproc)" "$(echo "$end $begin" | awk '{print $1 - $2}')"

binary=$build/release/scimux
printf 'binary: %.1f MB\n' "$(stat -c %s "$binary" | awk '{print $1 / 1000000}')"

SCIMUX_SERVER__LISTEN=127.0.0.1:18980 SCIMUX_ADMIN__LISTEN=127.0.0.1:18990 \
  "$binary" serve --config config/scimux.toml >/dev/null 2>&1 &
gateway=$!
until curl -fsS -o /dev/null http://127.0.0.1:18990/readyz 2>/dev/null; do
  kill -0 "$gateway" || { echo "the gateway did not start" >&2; exit 1; }
  sleep 0.1
done
awk '/VmRSS/ {printf "idle VmRSS with config/scimux.toml: %.1f MB\n", $2 / 1024}' "/proc/$gateway/status"
