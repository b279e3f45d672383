#!/bin/bash
# deploy/test.sh [arguments for the test runner] - installs what is missing, builds, and runs every test.
#
# Needs Debian or Ubuntu, the .NET 10 SDK, and root or sudo: the tests start real Docker engines, in a network namespace
# of their own. The last line is always "N passed, N failed, N skipped"; the exit code is 0 only if nothing failed.
#
#   deploy/test.sh -class 'HmsOrleans.Tests.Health.*'   one folder
#   deploy/test.sh -method '*quarantine*'               by name
#
# The runner is xunit.v3: Tests/bin/Release/net10.0/HmsOrleans.Tests --help lists all that it takes.
#
# HMS_TEST_LIMIT: seconds after which the tests are stopped and have failed (1700).
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
runner=$ROOT/Tests/bin/Release/net10.0/HmsOrleans.Tests
limit=${HMS_TEST_LIMIT:-1700}

case ${1:-} in -h | --help) usage "$0"; exit 0 ;; esac

passed=0 failed=1 skipped=0 runner_pid='' keep=''
finish() {
  trap '' INT TERM HUP
  stop_step
  if alive "$runner_pid"; then end_process "$runner_pid" 10; fi
  clear_labs "$$"
  clear_engines "$$"
  clear_brokers "$$"
  if [ -n "$keep" ]; then say "the runner's whole output: $keep"; fi
  rm -rf "$WORK"
  say "$passed passed, $failed failed, $skipped skipped"
  [ "$failed" -eq 0 ] || exit 1
}

become_root "$0" "$@"
trap finish EXIT
trap 'exit 1' INT TERM HUP
make_work hms-test
debian_only
need_dotnet
need_docker iproute2 iptables iputils-ping fping busybox-static curl sqlite3 procps util-linux postgresql libcap2-bin docker-compose rabbitmq-server python3-pika prometheus chromium
build Tests/Tests.csproj
# Engines of runs that were killed the hard way: their name begins with the process id of a test.sh that is no more.
for left in /run/hms-test/*-*; do
  left=$(basename "$left")
  if [[ ${left%-*} =~ ^[0-9]+$ ]] && ! alive "${left%-*}"; then clear_engines "${left%-*}"; fi
done

# Prints failures and skips as they come, with all that belongs to them, and nothing else.
failures() {
  awk '/^    [^ ].* \[(FAIL|SKIP)\]$/ { on = 1; print; fflush(); next } /^[^ ]/ || /^  [^ ]/ || /^    [^ ]/ { on = 0 } on { print; fflush() }'
}

count() { grep -c "^    [^ ].* \[$1\]" "$WORK/log" || true; }

running() { # the test that started last and has not finished
  awk '/^    [^ ].* \[STARTING\]$/ { sub(/ \[STARTING\]$/, ""); open[$0] = NR } /^    [^ ].* \[FINISHED\] / { sub(/ \[FINISHED\] .*/, ""); delete open[$0] }
       END { for (t in open) if (open[t] > last) { last = open[t]; name = t } sub(/^ +([^(]*\.)?/, "", name); print name }' "$WORK/log"
}

say "running the tests"
start=$SECONDS
export HMS_TEST_RUN=$$
: >"$WORK/log"
# timeout puts itself and all it starts in a process group of their own, and ends that as a whole.
# shellcheck disable=SC2016  # for the inner shell
timeout --kill-after=15 "$limit" unshare --net -- /bin/sh -c 'ip link set lo up && exec "$@"' sh \
  "$runner" -reporter verbose -noColor -noLogo -noAutoReporters -result-xml "$WORK/result.xml" "$@" >"$WORK/log" 2>&1 </dev/null &
runner_pid=$!
tail -n +1 -f --pid="$runner_pid" "$WORK/log" 2>/dev/null | failures &
tail_pid=$!
while alive "$runner_pid"; do
  sleep 0.2
  now=$((SECONDS - start))
  if [ "$now" -ge $((${told:-0} + 15)) ]; then
    told=$now
    say "  $now s: $(count FINISHED) tests finished, $(count FAIL) failed; running $(running)"
  fi
done 2>/dev/null # or bash would say that it was killed; we do that below
code=0
wait "$runner_pid" 2>/dev/null || code=$?
wait "$tail_pid" || true

attribute() { sed -n 's/.*<assembly \([^>]*\)>.*/\1/p' "$WORK/result.xml" | head -n 1 | sed -n "s/.* $1=\"\([0-9]*\)\".*/\1/p"; }
if [ -s "$WORK/result.xml" ] && [ -n "$(attribute passed)" ]; then
  passed=$(attribute passed)
  skipped=$(attribute skipped)
  failed=$(($(attribute failed) + $(attribute errors)))
  # Errors are of no test: a fixture that did not clean up, for instance.
  if [ "$(attribute errors)" -gt 0 ]; then grep -v '^    ' "$WORK/log" | tail -n 20 || true; fi
else
  # No report: the runner crashed or was stopped. What finished counts; the runner itself is one failure.
  skipped=$(count SKIP)
  failed=$(count FAIL)
  passed=$(($(count FINISHED) - failed - skipped))
  if [ $((SECONDS - start)) -ge "$limit" ]; then
    say "the tests did not end within $limit s; still running: $(running)"
  else
    say "the test runner ended with exit code $code and without a report:"
    tail -n 20 "$WORK/log" | sed 's/^/    /'
  fi
  failed=$((failed + 1))
fi
if [ "$failed" -eq 0 ] && [ "$code" -ne 0 ]; then
  say "the test runner ended with exit code $code:"
  tail -n 20 "$WORK/log" | sed 's/^/    /'
  failed=1
fi
if [ $((passed + failed + skipped)) -eq 0 ]; then
  say "no test was found: $*"
  failed=1
fi
if [ "$failed" -gt 0 ]; then
  keep=/tmp/hms-test.log
  cp "$WORK/log" "$keep"
fi
say "ran $((SECONDS - start)) s"
