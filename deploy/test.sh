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
# The folders of Tests whose classes share an engine take half of the time: all others run beside them.
engine_folders=(Antagonist Deploy Docker Engine Node)

case ${1:-} in -h | --help) usage "$0"; exit 0 ;; esac

passed=0 failed=0 skipped=0 over='' lanes=() tails=() keep=''
finish() {
  local pid
  trap '' INT TERM HUP
  stop_step
  for pid in "${lanes[@]}"; do if alive "$pid"; then end_process "$pid" 10; fi; done
  [ -n "$over" ] || failed=$((failed + 1))
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
  if [[ ${left%%-*} =~ ^[0-9]+$ ]] && ! alive "${left%%-*}"; then clear_engines "${left%%-*}"; fi
done

# Prints failures and skips as they come, with all that belongs to them, and nothing else.
failures() {
  awk '/^    [^ ].* \[(FAIL|SKIP)\]$/ { on = 1; print; fflush(); next } /^[^ ]/ || /^  [^ ]/ || /^    [^ ]/ { on = 0 } on { print; fflush() }'
}

# count <FINISHED|FAIL|SKIP> <log...>
count() { cat "${@:2}" | grep -c "^    [^ ].* \[$1\]" || true; }

running() { # of each log the test that started last and has not finished
  awk '/^    [^ ].* \[STARTING\]$/ { sub(/ \[STARTING\]$/, ""); open[FILENAME, $0] = FNR } /^    [^ ].* \[FINISHED\] / { sub(/ \[FINISHED\] .*/, ""); delete open[FILENAME, $0] }
       END { for (i in open) { split(i, of, SUBSEP); if (open[i] > last[of[1]]) { last[of[1]] = open[i]; name[of[1]] = of[2] } }
             for (f in name) { sub(/^ +([^(]*\.)?/, "", name[f]); printf "%s%s", comma, name[f]; comma = ", " } }' "$@"
}

# begin <lane> <arguments for the runner>: runs tests in a network namespace of their own.
begin() {
  local log=$WORK/lane$1.log
  : >"$log"
  # timeout puts itself and all it starts in a process group of their own, and ends that as a whole.
  # shellcheck disable=SC2016  # for the inner shell
  HMS_TEST_RUN=$$-$1 timeout --kill-after=15 "$limit" unshare --net -- /bin/sh -c 'ip link set lo up && exec "$@"' sh \
    "$runner" -reporter verbose -noColor -noLogo -noAutoReporters -result-xml "$WORK/lane$1.xml" "${@:2}" >"$log" 2>&1 </dev/null &
  lanes[$1]=$!
  tail -n +1 -f --pid=$! "$log" 2>/dev/null | failures &
  tails[$1]=$!
}

attribute() { sed -n 's/.*<assembly \([^>]*\)>.*/\1/p' "$1" | head -n 1 | sed -n "s/.* $2=\"\([0-9]*\)\".*/\1/p"; }

# settle <lane>: adds what came of its tests to passed, failed and skipped.
settle() {
  local log=$WORK/lane$1.log xml=$WORK/lane$1.xml code=0 bad errors
  wait "${lanes[$1]}" 2>/dev/null || code=$?
  unset "lanes[$1]"
  wait "${tails[$1]}" || true
  if [ -s "$xml" ] && [ -n "$(attribute "$xml" passed)" ]; then
    passed=$((passed + $(attribute "$xml" passed)))
    skipped=$((skipped + $(attribute "$xml" skipped)))
    errors=$(attribute "$xml" errors)
    bad=$(($(attribute "$xml" failed) + errors))
    failed=$((failed + bad))
    # Errors are of no test: a fixture that did not clean up, for instance.
    if [ "$errors" -gt 0 ]; then grep -v '^    ' "$log" | tail -n 20 || true; fi
    if [ "$bad" -gt 0 ] || [ "$code" -eq 0 ]; then return; fi
    say "the test runner ended with exit code $code:"
  else
    # No report: the runner crashed or was stopped. What finished counts; the runner itself is one failure.
    bad=$(count FAIL "$log")
    skipped=$((skipped + $(count SKIP "$log")))
    passed=$((passed + $(count FINISHED "$log") - bad - $(count SKIP "$log")))
    failed=$((failed + bad))
    if [ $((SECONDS - start)) -ge "$limit" ]; then
      say "the tests did not end within $limit s; still running: $(running "$log")"
      failed=$((failed + 1))
      return
    fi
    say "the test runner ended with exit code $code and without a report:"
  fi
  failed=$((failed + 1))
  tail -n 20 "$log" | sed 's/^/    /'
}

say "running the tests"
start=$SECONDS
if [ $# -gt 0 ]; then
  begin 1 "$@"
else
  only=() others=()
  for folder in "${engine_folders[@]}"; do
    only+=(-namespace "HmsOrleans.Tests.$folder" -namespace "HmsOrleans.Tests.$folder.*")
    others+=(-namespace- "HmsOrleans.Tests.$folder" -namespace- "HmsOrleans.Tests.$folder.*")
  done
  begin 1 "${only[@]}"
  begin 2 "${others[@]}"
fi
while [ ${#lanes[@]} -gt 0 ]; do
  sleep 0.2
  for lane in "${!lanes[@]}"; do
    if ! alive "${lanes[$lane]}"; then settle "$lane"; fi
  done
  now=$((SECONDS - start))
  if [ "$now" -ge $((${told:-0} + 15)) ]; then
    told=$now
    say "  $now s: $(count FINISHED "$WORK"/lane*.log) tests finished, $(count FAIL "$WORK"/lane*.log) failed; running $(running "$WORK"/lane*.log)"
  fi
done 2>/dev/null # or bash would say that it was killed; we do that below
over=1
if [ $((passed + failed + skipped)) -eq 0 ]; then
  say "no test was found: $*"
  failed=1
fi
if [ "$failed" -gt 0 ]; then
  keep=/tmp/hms-test.log
  cat "$WORK"/lane*.log >"$keep"
fi
say "ran $((SECONDS - start)) s"
