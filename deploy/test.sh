#!/usr/bin/env bash
# Runs every test; ends with the line "N passed, N failed, N skipped".
set -euo pipefail
cd "$(dirname "$0")/.."

case "${1:-}" in -h|--help) echo "usage: deploy/test.sh [options of the test runner]"; exit 0;; esac
command -v dotnet >/dev/null || { echo "The .NET 10 SDK is missing: install it, then run this again." >&2; exit 1; }

log=$(mktemp)
trap 'rm -f "$log"' EXIT
echo "building ..."
dotnet build HmsOrleans.sln -c Release -nologo -v quiet >"$log" 2>&1 || { cat "$log" >&2; exit 1; }

echo "testing ..."
status=0
unshare --net -- bash -c 'ip link set lo up; exec "$@"' run Tests/bin/Release/net10.0/HmsOrleans.Tests "$@" 2>&1 | tee "$log" || status=$?
count() { sed -nE "s/^ *$1: *([0-9]+).*/\1/p" "$log" | tail -n 1; }
passed=$(count succeeded) failed=$(count failed) skipped=$(count skipped)
[ "${passed:-0}" -gt 0 ] || status=1
echo "${passed:-0} passed, ${failed:-1} failed, ${skipped:-0} skipped"
exit "$status"
