#!/bin/bash
# deploy/bench.sh [arguments for the benchmarks] - installs what is missing, builds, and runs the benchmarks.
#
# Needs Debian or Ubuntu, the .NET 10 SDK, and root or sudo: the benchmarks start real Docker engines, in a network
# namespace of their own. The arguments go to HmsOrleans.Benchmarks as they are.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"

case ${1:-} in -h | --help) usage "$0"; exit 0 ;; esac

bench_pid=''
finish() {
  trap '' INT TERM HUP
  stop_step
  if alive "$bench_pid"; then end_process "$bench_pid" 60; fi
  clear_labs "$$"
  clear_engines "$$"
  clear_brokers "$$"
  rm -rf "$WORK"
}

become_root "$0" "$@"
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
make_work hms-bench
debian_only
need_dotnet
need_docker iproute2 iptables iputils-ping fping busybox-static curl sqlite3 procps util-linux postgresql rabbitmq-server chromium
build Tests/Benchmarks/Benchmarks.csproj

export HMS_TEST_RUN=$$
# In the background, so that a signal to this script is acted on at once.
in_own_network "$ROOT/Tests/Benchmarks/bin/Release/net10.0/HmsOrleans.Benchmarks" "$@" </dev/null &
bench_pid=$!
code=0
wait "$bench_pid" || code=$?
exit "$code"
