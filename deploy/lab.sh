#!/bin/bash
# deploy/lab.sh up [N] | status | down - N Docker hosts (5) on this one machine, and a node of one cluster on each.
#
# Needs Debian or Ubuntu, the .NET 10 SDK, and root or sudo. Every host is a network namespace with an engine of its own and a
# node; they are joined by a switch, at 10.77.0.11, .12 and so on. PostgreSQL (10.77.0.1) and the API are outside of them.
#
#   up [N]            starts it all, and returns when every container is shown
#   status            what runs
#   down              ends it all, whatever state it is in, and leaves nothing behind
#   cut N [in|out]    cuts host N off from the others: whole, or only what it receives (in) or sends (out); its engine works on
#   heal N            ends that
#   kill-silo N       kill -9 of its node; it is started again at once
#   freeze-silo N     stops its node without ending it (SIGSTOP); thaw-silo N lets it go on
#   kill-engine N     kill -9 of its engine; it is started again at once
#   stop-database     PostgreSQL ends without warning (kill -9); start-database brings it back
#
# HMS_LAB_CONTAINERS: idle containers on each host (10). HMS_LAB_URL: where the API listens (http://127.0.0.1:8080).
# HMS_LAB: first part of all names (hms), for a second lab in a network namespace of its own.
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
lab=${HMS_LAB:-hms}
run=/run/$lab-lab data=/var/lib/$lab-lab net=10.77.0 database_port=55432
url=${HMS_LAB_URL:-http://127.0.0.1:8080} containers=${HMS_LAB_CONTAINERS:-10}
silo=$ROOT/Silo/bin/Release/net10.0/HmsOrleans.Silo api=$ROOT/Api/bin/Release/net10.0/HmsOrleans.Api

hosts() { find "$run" -maxdepth 1 -name 'h[0-9]*' -type d -printf '%f\n' 2>/dev/null | sed 's/^h//' | sort -n; }
pid_of() { cat "$run/$1.pid" 2>/dev/null || true; }
in_host() { local i=$1; shift; nsenter --net="/run/netns/$lab-h$i" -- "$@"; }
docker_of() { local i=$1; shift; docker -H "unix://$run/h$i/docker.sock" "$@"; }
ask() { curl -sf -m "${2:-3}" --noproxy '*' "$url/$1"; }

# until_true <seconds> <command...>
until_true() {
  local tenths=$(($1 * 10))
  shift
  until "$@" >/dev/null 2>&1; do
    [ $((tenths--)) -gt 0 ] || return 1
    sleep 0.1
  done
}

# --- processes: all of them carry HMS_LAB_RUN in their environment, by which "down" finds them -----------------------------

start() { # <name> <command...>: in the background, started again whenever it ends otherwise than with 0 or 1
  HMS_LAB_RUN=$run setsid bash "$ROOT/deploy/lab.sh" supervise "$@" >/dev/null 2>&1 </dev/null &
}

supervise() {
  local name=$1 child='' code
  shift
  trap 'kill -TERM "$child" 2>/dev/null; wait "$child"; exit 0' TERM
  while :; do
    "$@" >>"$run/$name.log" 2>&1 </dev/null &
    child=$!
    echo "$child" >"$run/$name.pid"
    code=0
    wait "$child" || code=$?
    echo "$(date +%T) $name ended with exit code $code" >>"$run/$name.log"
    case $code in 0 | 1) exit "$code" ;; esac
    sleep 0.1
  done
}

ours() { # process ids
  grep -lzx "HMS_LAB_RUN=$run" /proc/[0-9]*/environ 2>/dev/null | cut -d/ -f3 || true
  engine_processes "$run/"
  cat "/sys/fs/cgroup/$lab-lab"/{,*/,*/*/}cgroup.procs /sys/fs/cgroup/*/"$lab-lab"/{,*/,*/*/}cgroup.procs 2>/dev/null || true
}

# --- the parts -------------------------------------------------------------------------------------------------------------

switch_up() {
  ip netns add "$lab-sw"
  ip -n "$lab-sw" link set lo up
  ip -n "$lab-sw" link add br0 type bridge
  ip -n "$lab-sw" link set br0 up
  ip link add "${lab}root" type veth peer name p0 netns "$lab-sw"
  ip addr add "$net.1/24" dev "${lab}root"
  ip link set "${lab}root" up
  ip -n "$lab-sw" link set p0 master br0 up
}

host_up() {
  local i=$1 ns=$lab-h$1 dir=$run/h$1
  ip netns add "$ns"
  ip -n "$ns" link set lo up
  ip link add eth0 netns "$ns" type veth peer name "p$i" netns "$lab-sw"
  ip -n "$ns" addr add "$net.$((10 + i))/24" dev eth0
  ip -n "$ns" link set eth0 up
  ip -n "$lab-sw" link set "p$i" master br0 up
  mkdir -p "$dir" "$data/h$i"
  cat >"$dir/containerd.toml" <<END
version = 2
root = "$data/h$i/containerd"
state = "$dir/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "$dir/containerd.sock"
END
  echo '{}' >"$dir/daemon.json"
  start "h$i/containerd" containerd --config "$dir/containerd.toml"
  until_true 20 test -S "$dir/containerd.sock" || fail "containerd of host $i does not start: see $dir/containerd.log"
  # nsenter and not "ip netns exec", which hides the cgroups.
  # shellcheck disable=SC2016  # for the inner shell
  start "h$i/engine" nsenter --net="/run/netns/$ns" -- unshare --uts -- sh -c 'hostname "$0" && exec "$@"' "$ns" \
    dockerd -H "unix://$dir/docker.sock" --containerd "$dir/containerd.sock" --data-root "$data/h$i/docker" --exec-root "$dir/exec" \
    --pidfile "$dir/dockerd.pid" --config-file "$dir/daemon.json" --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$lab-lab/h$i" --shutdown-timeout 1
}

hosts_up() {
  local i
  for i in $(seq 1 "$1"); do host_up "$i" & done
  wait
  for i in $(seq 1 "$1"); do
    until_true 40 curl -sf -m 1 --unix-socket "$run/h$i/docker.sock" http://engine/_ping || { tail -n 5 "$run/h$i/engine.log"; return 1; }
  done
}

database_binaries() { find /usr/lib/postgresql -maxdepth 2 -name bin -type d | sort -V | tail -n 1; }

database_up() {
  local binaries
  binaries=$(database_binaries)
  mkdir -p "$data/database"
  head -c 24 /dev/urandom | base64 | tr -d '+/=' >"$data/password"
  chown postgres "$data/database" "$data/password"
  chmod 600 "$data/password"
  runuser -u postgres -- "$binaries/initdb" -D "$data/database/pg" -U hms -A scram-sha-256 --pwfile="$data/password" -E UTF8 --locale=C --no-sync
  echo "host all hms $net.0/24 scram-sha-256" >>"$data/database/pg/pg_hba.conf"
  database_start
  export PGPASSWORD
  PGPASSWORD=$(cat "$data/password")
  psql -q -h "$net.1" -p "$database_port" -U hms -d postgres -c 'CREATE DATABASE hms'
  psql -q -v ON_ERROR_STOP=1 -h "$net.1" -p "$database_port" -U hms -d hms -f "$ROOT/deploy/cluster-store.sql"
}

database_start() {
  HMS_LAB_RUN=$run runuser -u postgres -- "$(database_binaries)/pg_ctl" -D "$data/database/pg" -l "$data/database/log" -w \
    -o "-h $net.1 -p $database_port -k $data/database -c shared_buffers=32MB -c timezone=UTC" start >/dev/null
}

database_stop() {
  # Its children end when they see that it is gone; until then they hold its memory, and a new one would not start.
  local pid
  pid=$(head -n 1 "$data/database/pg/postmaster.pid")
  kill -KILL "$pid"
  until_true 20 eval "! pgrep -g $pid" || fail "PostgreSQL does not end"
}

cluster_settings() {
  Orleans__ClusterId=$lab-lab Orleans__Clustering__ProviderType=AdoNet Orleans__Clustering__Invariant=Npgsql
  Orleans__Clustering__ConnectionString="Host=$net.1;Port=$database_port;Database=hms;Username=hms;Password=$(cat "$data/password")"
  export Orleans__ClusterId Orleans__Clustering__ProviderType Orleans__Clustering__Invariant Orleans__Clustering__ConnectionString
}

cluster_up() {
  local i
  cluster_settings
  for i in $(seq 1 "$1"); do
    Hms__Host__Address=$net.$((10 + i)) Hms__DataDirectory=$data/h$i/node Hms__Docker__Endpoint=unix://$run/h$i/docker.sock \
      ASPNETCORE_URLS=http://127.0.0.1:8080 start "h$i/silo" nsenter --net="/run/netns/$lab-h$i" -- "$silo"
  done
  ASPNETCORE_URLS=$url start api "$api"
}

# An image without a registry: one static program under all its names.
image() {
  mkdir -p "$data/image/bin" "$data/image/tmp"
  cp "$(command -v busybox)" "$data/image/bin/busybox"
  chroot "$data/image" /bin/busybox --install -s /bin
  tar -C "$data/image" -c . >"$data/image.tar"
}

containers_up() {
  local i
  image
  for i in $(seq 1 "$1"); do containers_of "$i" & done
  wait
}

containers_of() {
  local i=$1 n
  docker_of "$i" import --change 'CMD ["/bin/sh", "-c", "trap exit TERM; while :; do sleep 3600 & wait; done"]' "$data/image.tar" idle:latest
  for n in $(seq 1 "$containers"); do docker_of "$i" run -d --name "idle-$n" --hostname "idle-$n" idle:latest; done
}

# whole <N>: the API shows N hosts that are up to date, and all their containers running.
whole() {
  local view
  view=$(ask containers) || return 1
  [ "$(grep -o '"state":"updated"' <<<"$view" | wc -l)" -eq "$1" ] && [ "$(grep -o '"containerState":"running"' <<<"$view" | wc -l)" -ge $(($1 * containers)) ]
}

# --- what can be asked for -------------------------------------------------------------------------------------------------

up() {
  local n=${1:-5} began tenths
  [[ $n =~ ^[1-9][0-9]?$ ]] && [ "$n" -le 50 ] || fail "up takes a number of hosts from 1 to 50, not '$n'"
  if [ -d "$run" ]; then
    fail "a lab is up already: $url ('deploy/lab.sh down' ends it)"
  fi
  make_work "$lab-lab"
  trap 'stop_step; rm -rf "$WORK"' EXIT
  trap 'stop_step; down; exit 130' INT TERM HUP
  debian_only
  need_dotnet
  need_packages util-linux procps iproute2 postgresql
  need_docker busybox-static curl
  build Silo/Silo.csproj
  build Api/Api.csproj
  began=$(date +%s%N)
  mkdir -p "$run" "$data"
  chmod 711 "$data"
  switch_up
  step "starting $n engines" hosts_up "$n" || undo "the engines do not start: see above"
  step "starting PostgreSQL" database_up || undo "PostgreSQL does not start: see above"
  cluster_up "$n"
  step "starting $containers containers on each" containers_up "$n" || undo "the containers do not start: see above"
  step "waiting for the whole view" until_true 120 whole "$n" || undo "not all is shown after two minutes: $(ask hosts || tail -n 3 "$run/api.log")"
  tenths=$((($(date +%s%N) - began) / 100000000))
  say "$n hosts with $containers containers each, all shown $((tenths / 10)).$((tenths % 10)) s after the start

  page       $url/
  REST API   $url/scalar
  dashboard  $url/dashboard
  docker     docker -H unix://$run/h1/docker.sock ps     (h1 to h$n)
  logs       $run/h1/silo.log, engine.log; $run/api.log

  deploy/lab.sh --help says what can be done to them; 'deploy/lab.sh down' ends it all."
}

undo() {
  mkdir -p "/tmp/$lab-lab-logs"
  cp "$run"/*.log "/tmp/$lab-lab-logs/" 2>/dev/null || true
  down >/dev/null
  fail "$1 (logs: /tmp/$lab-lab-logs)"
}

down() {
  local round pids path name
  local -a shims=()
  if [ ! -d "$run" ] && ! ip netns list | grep -q "^$lab-\(sw\|h[0-9]\)"; then
    say "no lab is up"
    return 0
  fi
  mapfile -t shims < <(engine_processes "$run/" | while read -r pid; do shim_socket "$pid"; done)
  for round in $(seq 1 50); do
    # Never this script itself, nor who called it.
    pids=$(ours | sort -u | grep -vx "$$" || true)
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086  # a list of pids
    kill -KILL $pids 2>/dev/null || true
    sleep 0.1
  done
  for round in 1 2 3; do
    awk -v a="$run/" -v b="$data/" 'index($5, a) == 1 || index($5, b) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l 2>/dev/null || true
  done
  for name in $(ip netns list | awk -v l="$lab" '$1 ~ "^" l "-(sw|h[0-9]+)$" { print $1 }'); do ip netns del "$name" || true; done
  ip link del "${lab}root" 2>/dev/null || true
  rm -rf "$run" "$data" ${shims[@]+"${shims[@]}"}
  for path in "/sys/fs/cgroup/$lab-lab" /sys/fs/cgroup/*/"$lab-lab"; do
    [ ! -d "$path" ] || find "$path" -depth -type d -exec rmdir {} \; 2>/dev/null || true
  done
  say "the lab is gone"
}

status() {
  local i part pid
  [ -d "$run" ] || { say "no lab is up"; return 0; }
  for i in $(hosts); do
    printf 'h%s %s' "$i" "$net.$((10 + i))"
    for part in engine silo; do
      pid=$(pid_of "h$i/$part")
      if ! alive "$pid"; then printf '  %s down' "$part"; elif grep -q '^State:[[:space:]]*T' "/proc/$pid/status"; then printf '  %s %s frozen' "$part" "$pid"; else printf '  %s %s' "$part" "$pid"; fi
    done
    printf '  %s containers run' "$(timeout 3 docker -H "unix://$run/h$i/docker.sock" ps -q 2>/dev/null | wc -l)"
    ip -n "$lab-sw" link show "p$i" | grep -q 'state UP' || printf '  cut off'
    if ip netns exec "$lab-sw" tc qdisc show dev "p$i" 2>/dev/null | grep -q clsact; then printf '  cut off one way'; fi
    printf '\n'
  done
  ask hosts | sed 's/},{"address"/\n&/g' | grep -oE '"address":"[^"]*","state":"[^"]*"' | sed -E 's/"address":"([^"]*)","state":"([^"]*)"/the API shows \1 \2/' || say "the API does not answer at $url"
}

known_host() { # the number of a host that is there
  [ -n "${1:-}" ] && [ -d "$run/h$1" ] || fail "which host? There are: $(hosts | tr '\n' ' ')(deploy/lab.sh up starts some)"
  printf '%s\n' "$1"
}

signal() { # <signal> <name>
  local pid
  pid=$(pid_of "$2")
  alive "$pid" || fail "$2 does not run"
  kill "-$1" "$pid"
}

cut_off() {
  local i
  i=$(known_host "${1:-}")
  case ${2:-} in
    '') ip -n "$lab-sw" link set "p$i" down ;;
    in | out)
      # The switch's ingress is what the host sends.
      local way=egress
      [ "$2" = in ] || way=ingress
      nsenter --net="/run/netns/$lab-sw" -- tc qdisc add dev "p$i" clsact
      nsenter --net="/run/netns/$lab-sw" -- tc filter add dev "p$i" "$way" bpf da bytecode '1,6 0 0 2'
      ;;
    *) fail "cut $i what? 'in', 'out', or nothing for both, not '$2'" ;;
  esac
}

rejoin() {
  local i
  i=$(known_host "${1:-}")
  nsenter --net="/run/netns/$lab-sw" -- tc qdisc del dev "p$i" clsact 2>/dev/null || true
  ip -n "$lab-sw" link set "p$i" up
}

case ${1:-} in
  -h | --help | '') usage "$0"; exit 0 ;;
  supervise) shift; supervise "$@" ;;
esac
become_root "$0" "$@"
export PATH="$PATH:/usr/sbin:/sbin"
unset DOCKER_HOST
case $1 in
  up) up "${2:-}" ;;
  status) status ;;
  down) down ;;
  cut) cut_off "${2:-}" "${3:-}" ;;
  heal) rejoin "${2:-}" ;;
  kill-silo) signal KILL "h$(known_host "${2:-}")/silo" ;;
  freeze-silo) signal STOP "h$(known_host "${2:-}")/silo" ;;
  thaw-silo) signal CONT "h$(known_host "${2:-}")/silo" ;;
  kill-engine) signal KILL "h$(known_host "${2:-}")/engine" ;;
  stop-database) database_stop ;;
  start-database) database_start ;;
  *) fail "unknown command $1 (--help says what there is)" ;;
esac
