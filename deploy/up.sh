#!/bin/bash
# deploy/up.sh [--demo] [-- arguments for the node] - the health monitor on this machine, until Ctrl-C.
#
# Needs Debian or Ubuntu, the .NET 10 SDK, and root or sudo. Installs what is missing, starts Docker if no engine answers,
# builds and starts the node, and shows its log. Ctrl-C or SIGTERM ends it and all that it started; the node's settings
# (Hms:DataDirectory, /var/lib/hms-orleans) are kept on purpose.
#
#   --demo   five small containers to play with; they go with Ctrl-C
#   --help   this
#
# Settings are the node's own: in the environment (Hms__Probe__Period=00:00:00.5, ASPNETCORE_URLS=http://127.0.0.1:9000,
# DOCKER_HOST=unix:///...) or after -- (deploy/up.sh -- --Hms:Health:Threshold=80).
#
#   HMS_RUN   directory of its lock and process ids (/run/hms-orleans); a second node, for another engine, needs its own
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
run=${HMS_RUN:-/run/hms-orleans}
node=$ROOT/Silo/bin/Release/net10.0/HmsOrleans.Silo
demo='' node_pid='' engine_pid='' engine_units=() demo_made='' locked=''

become_root_args=("$@")
while [ $# -gt 0 ]; do
  case $1 in
    --demo) demo=1 ;;
    -h | --help) usage "$0"; exit 0 ;;
    --) shift; break ;;
    *) fail "unknown argument $1 (--help says what there is; arguments for the node go after --)" ;;
  esac
  shift
done
node_args=("$@")

# In the order in which they lean on each other: the node would restart the demo's containers, which need the engine.
finish() {
  local code=$?
  trap '' INT TERM HUP
  stop_step
  if alive "$node_pid"; then
    say "stopping the node"
    end_process "$node_pid" 15
  fi
  if [ -n "$demo_made" ]; then step "removing the demo" demo_remove || true; fi
  if alive "$engine_pid"; then
    step "stopping Docker" end_process "$engine_pid" 30 || true
    network_restore || true
    rm -f "$run/dockerd.pid"
  fi
  if [ ${#engine_units[@]} -gt 0 ]; then step "stopping Docker" systemctl stop "${engine_units[@]}" || true; fi
  if [ -n "$locked" ]; then
    rm -f "$run/node.pid" "$run/address" "$run/up.pid"
    # The engine's log is worth keeping only where it says what went wrong.
    [ "$code" -ne 0 ] || rm -f "$run/lock" "$run/dockerd.log"
    rmdir "$run" 2>/dev/null || true
  fi
  rm -rf "$WORK"
  exit "$code"
}

# --- where everything is -------------------------------------------------------------------------------------------------

# The first URL that the node will listen on, as this machine reaches it.
node_address() {
  local url=${ASPNETCORE_URLS:-http://127.0.0.1:8080} previous='' argument
  for argument in ${node_args[@]+"${node_args[@]}"}; do
    case $argument in --urls=*) url=${argument#--urls=} ;; esac
    [ "$previous" != --urls ] || url=$argument
    previous=$argument
  done
  url=${url%%;*}
  url=${url%/}
  printf '%s\n' "$url" | sed -E 's#^(https?)://(\*|\+|0\.0\.0\.0|\[::\])#\1://127.0.0.1#'
}

engine_answers() {
  case $DOCKER_HOST in
    unix://*) curl -sf -m 3 -o /dev/null --unix-socket "${DOCKER_HOST#unix://}" http://engine/_ping ;;
    tcp://*) curl -sf -m 3 --noproxy "*" -o /dev/null "http://${DOCKER_HOST#tcp://}/_ping" ;;
    *) docker version >/dev/null 2>&1 ;;
  esac
}

# --- the steps -----------------------------------------------------------------------------------------------------------

one_at_a_time() {
  mkdir -p "$run"
  exec 9>>"$run/lock"
  flock -n 9 || fail "already running: process $(cat "$run/up.pid" 2>/dev/null || echo '?'), $(cat "$run/address" 2>/dev/null || echo 'still starting')"
  locked=1
  echo $$ >"$run/up.pid"
  # An up.sh that was killed the hard way could not clean up: its node is ended, its engine is ours now.
  local pid
  pid=$(cat "$run/node.pid" 2>/dev/null || true)
  if alive "$pid" && grep -qz 'HmsOrleans\.Silo' "/proc/$pid/cmdline"; then
    say "ending the node (process $pid) that an earlier call left behind"
    end_process "$pid" 15
  fi
  pid=$(cat "$run/dockerd.pid" 2>/dev/null || true)
  if alive "$pid" && [ "$(cat "/proc/$pid/comm")" = dockerd ]; then engine_pid=$pid; fi
}

start_engine() {
  if engine_answers; then return 0; fi
  [ "$DOCKER_HOST" = unix:///var/run/docker.sock ] || [ "$DOCKER_HOST" = unix:///run/docker.sock ] \
    || fail "no Docker engine answers at $DOCKER_HOST: start it, or unset DOCKER_HOST to use the one of this machine"
  if [ -d /run/systemd/system ]; then
    engine_units=(docker.socket docker.service)
    # It comes along, and would stay.
    systemctl -q is-active containerd.service || engine_units+=(containerd.service)
    step "starting Docker" systemctl start docker || fail "systemd could not start Docker: see 'journalctl -u docker'"
  elif ! alive "$engine_pid"; then
    rm -f "$run/dockerd.pid"
    network_save
    # In a session of its own: Ctrl-C is for this script, which ends the engine last.
    setsid dockerd --pidfile "$run/dockerd.pid" >"$run/dockerd.log" 2>&1 </dev/null 9>&- &
    engine_pid=$!
  fi
  step "waiting for Docker" until_engine_answers || fail "Docker does not start: its log is $run/dockerd.log"
}

# dockerd leaves its bridge, its rules and two switches behind when it ends; ours shall not. Rules of others stay.
network_save() {
  [ ! -e "$run/network" ] || return 0 # of the engine that an earlier call left behind
  {
    echo "forward=$(iptables -S FORWARD 2>/dev/null | sed -n 's/^-P FORWARD //p')"
    echo "ip_forward=$(cat /proc/sys/net/ipv4/ip_forward)"
    if ip link show docker0 >/dev/null 2>&1; then echo docker0=1; else echo docker0=; fi
  } >"$run/network"
}

network_restore() {
  [ -r "$run/network" ] || return 0
  local forward='' ip_forward='' docker0=''
  # shellcheck source=/dev/null
  . "$run/network"
  rm -f "$run/network"
  [ -z "$docker0" ] || return 0
  ip link del docker0 2>/dev/null || true
  iptables-save 2>/dev/null | grep -vE '^(:|-A )DOCKER|-j DOCKER|docker0|-s 172\.17\.0\.0/16 ' | iptables-restore
  [ -z "$forward" ] || iptables -w -P FORWARD "$forward"
  [ -z "$ip_forward" ] || echo "$ip_forward" >/proc/sys/net/ipv4/ip_forward
}

until_engine_answers() {
  local tenths=600
  until engine_answers; do
    if [ -n "$engine_pid" ] && ! alive "$engine_pid"; then
      tail -n 10 "$run/dockerd.log"
      return 1
    fi
    [ $((tenths--)) -gt 0 ] || { echo "no answer within a minute"; return 1; }
    sleep 0.1
  done
}

start_node() {
  "$node" ${node_args[@]+"${node_args[@]}"} </dev/null 9>&- &
  node_pid=$!
  echo "$node_pid" >"$run/node.pid"
  local start=$SECONDS told=0 code=0 ready=''
  while alive "$node_pid" && [ $((SECONDS - start)) -lt 60 ]; do
    if curl -skf -m 2 --noproxy '*' -o /dev/null "$address/readyz"; then
      ready=1
      break
    fi
    if [ $((SECONDS - start)) -ge $((told + 5)) ]; then
      told=$((SECONDS - start))
      say "waiting for the node ... $told s"
    fi
    sleep 0.2
  done 2>/dev/null # or bash would say that it was killed; we do that below
  [ -z "$ready" ] || return 0
  if alive "$node_pid"; then
    fail "the node is not ready after 60 s: $address/readyz says '$(curl -sk -m 2 --noproxy '*' "$address/readyz" || echo nothing)'"
  fi
  wait "$node_pid" 2>/dev/null || code=$?
  fail "the node ended with exit code $code while it was starting: it says why above"
}

# --- the demo ------------------------------------------------------------------------------------------------------------

demo_remove() {
  local ids
  mapfile -t ids < <(docker ps -aq --filter label=hms.demo=true)
  [ ${#ids[@]} -eq 0 ] || docker rm -f -v "${ids[@]}"
  mapfile -t ids < <(docker network ls -q --filter label=hms.demo=true)
  [ ${#ids[@]} -eq 0 ] || docker network rm "${ids[@]}"
  mapfile -t ids < <(docker images -aq --filter label=hms.demo=true)
  [ ${#ids[@]} -eq 0 ] || docker rmi -f "${ids[@]}"
}

demo_start() {
  local name options
  demo_remove # of a call that was killed
  idle_root "$WORK/image" || return 1
  tar -C "$WORK/image" -c . | docker import --change 'LABEL hms.demo=true' --change "CMD $IDLE" - hms-demo:latest || return 1
  docker network create --label hms.demo=true hms-demo-net || return 1
  for name in demo-web-1 demo-web-2 demo-db demo-cache demo-worker; do
    case $name in demo-db | demo-worker) options=(--network hms-demo-net) ;; *) options=() ;; esac
    docker run -d --name "$name" --hostname "$name" --label hms.demo=true ${options[@]+"${options[@]}"} hms-demo:latest || return 1
  done
}

# --- all together --------------------------------------------------------------------------------------------------------

become_root "$0" ${become_root_args[@]+"${become_root_args[@]}"}
trap finish EXIT
trap 'exit 0' INT TERM HUP
make_work hms-up
debian_only
need_dotnet
need_packages util-linux procps iproute2
one_at_a_time
# For the node and for the docker command alike.
export DOCKER_HOST=${Hms__Docker__Endpoint:-${DOCKER_HOST:-unix:///var/run/docker.sock}}
export DOCKER_BUILDKIT=0
address=$(node_address)
port_free "$address" ASPNETCORE_URLS
need_docker iputils-ping busybox-static curl
start_engine
build Silo/Silo.csproj
if [ -n "$demo" ]; then
  demo_made=1
  step "starting the demo's containers" demo_start || fail "the demo does not start: see above"
fi
start_node
echo "$address" >"$run/address"
say "
  page       $address/
  REST API   $address/scalar
  dashboard  $address/dashboard
"
[ -z "$demo" ] || say "  Try: docker kill demo-web-1   and watch it come back on the page.
"
say "  Ctrl-C ends it."

while :; do
  code=0
  wait "$node_pid" 2>/dev/null || code=$?
  case $code in
    # 70: it was cut off from its cluster and lost its place; 71: it can join its cluster, or has to be alone. It asks to be started again.
    70 | 71) say "the node asked to be started again (exit code $code)"; start_node ;;
    *) fail "the node ended with exit code $code: it says why above" ;;
  esac
done
