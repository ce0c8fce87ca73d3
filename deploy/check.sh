#!/usr/bin/env bash
# Checks what of deploy/ can be checked without a container engine. What cannot be, for want of a tool, is said at the end.
#
#   deploy/check.sh VENV      VENV holds kubernetes-validate (deploy/requirements.txt)
set -euo pipefail
cd "$(dirname "$0")"
venv=$1
unchecked=()

echo "== Kubernetes manifests against the schemas of the oldest and the newest version known"
for version in 1.29 1.34; do
  "$venv/bin/kubernetes-validate" --strict --quiet -k "$version" kubernetes/*.yaml
done

echo "== compose file: YAML, and every command is one that scimux has"
"$venv/bin/python" - <<'PYTHON'
import yaml

services = yaml.safe_load(open("compose/compose.yaml"))["services"]
for name, service in services.items():
    assert service["command"][0] in ("serve", "sandbox"), (name, service["command"])
    assert service["read_only"] and service["cap_drop"] == ["ALL"], name
assert set(services["gateway"]["depends_on"]) == set(services) - {"gateway"}
PYTHON

echo "== systemd unit"
if command -v systemd-analyze >/dev/null; then
  copy=$(mktemp -d)
  trap 'rm -r "$copy"' EXIT
  # The binary is not installed here; everything else is looked at as it is.
  sed 's#/usr/local/bin/scimux#/bin/true#' systemd/scimux.service >"$copy/scimux.service"
  said=$(systemd-analyze verify "$copy/scimux.service" 2>&1)
  [ -z "$said" ] || { echo "$said"; exit 1; }
  # Exposure of at most 2.0 out of 10.
  systemd-analyze security --offline=true --threshold=20 "$copy/scimux.service" | tail -n 1
else
  unchecked+=("the systemd unit: systemd-analyze is missing")
fi

echo "== Prometheus alerts"
if command -v promtool >/dev/null; then
  promtool check rules prometheus/alerts.yaml
  (cd prometheus && promtool test rules alerts_test.yaml)
else
  unchecked+=("the alerts: promtool is missing (Debian: apt-get install prometheus)")
fi

unchecked+=("the unit in a running systemd: it would have to be installed")
unchecked+=("the image: it needs a container engine")
for what in "${unchecked[@]}"; do echo "not checked: $what"; done
