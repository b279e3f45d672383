#!/bin/bash
# deploy/lab.sh up [N] | status | down | ... - N Docker hosts (5) in one cluster, all on this machine.
#
# Each host is a network namespace with an engine (dockerd, containerd), idle containers and a node of its own; a switch joins
# them. PostgreSQL, where the nodes find each other, and the API are in this machine's own namespace, 10.77.0.1; host N is
# 10.77.0.(10+N). Needs Debian or Ubuntu, the .NET 10 SDK, and root or sudo. Installs what is missing and builds.
#
#   up [N]          starts it all, waits until the API shows every host and container, and returns; again: adds what is missing
#   status          what runs
#   down            ends it all and leaves nothing behind
#   cut N [in|out]  cuts host N off from the others: whole, or only what it receives (in) or sends (out); its engine works on
#   cut N hosts     the same from the other hosts alone: it reaches the database
#   heal N          ends that
#   restart-silo N  ends its node (SIGTERM): it is started again at once
#   kill-silo N     kill -9 of its node: it is started again at once
#   hold-silo N     kill -9 of its node, without a new start  release-silo N  until then
#   freeze-silo N   its node hangs (SIGSTOP)                 thaw-silo N     and goes on
#   kill-engine N   kill -9 of its dockerd: it is started again after 2 s, as systemd does
#   kill-agent N    kill -9 of its antagonist's agent: it is started again at once
#   antagonist ...  the antagonist's program in the lab's cluster: antagonist halt, antagonist campaign run ...
#   stop-database   kill -9 of PostgreSQL                    start-database  and it is back
#   --help          this
#
# In the environment:
#   HMS_LAB             name of the lab (hms): its files are in /run/NAME-lab and /var/lib/NAME-lab
#   HMS_LAB_CONTAINERS  containers on each host (10)
#   HMS_LAB_ANTAGONIST  1: an agent of the antagonist on each host, off until it is started with PUT /test
#   HMS_LAB_LABELS      labels of the containers, as a JSON object ({})
#   HMS_LAB_URL         where the API listens (http://127.0.0.1:8080)
#   HMS_LAB_PATIENCE    seconds that 'up' waits for the whole view (180)
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
export HMS_LAB=${HMS_LAB:-hms} HMS_LAB_URL=${HMS_LAB_URL:-http://127.0.0.1:8080}
HMS_LAB_URL=${HMS_LAB_URL%/}
containers=${HMS_LAB_CONTAINERS:-10} labels=${HMS_LAB_LABELS:-'{}'} patience=${HMS_LAB_PATIENCE:-180}
run=/run/$HMS_LAB-lab data=/var/lib/$HMS_LAB-lab switch=$HMS_LAB-sw cgroup=$HMS_LAB-lab
net=10.77.0 database_port=55432

host_address() { echo "$net.$((10 + $1))"; }
namespace() { echo "$HMS_LAB-h$1"; }
hosts() { local host; for host in "$run"/h[0-9]*; do [ ! -d "$host" ] || echo "${host##*/h}"; done | sort -n; }
api() { curl -sf -m 5 --noproxy '*' "$HMS_LAB_URL$1"; }
engine() { curl -sS -m 60 --unix-socket "$run/h$1/docker.sock" "${@:2}"; }
engine_answers() { curl -sf -m 2 -o /dev/null --unix-socket "$run/h$1/docker.sock" http://engine/_ping 2>/dev/null; }

# The process of a program, or of its loop with .keep; nothing when there is none.
pid_of() {
  local pid
  pid=$(cat "$run/$1" 2>/dev/null) || return 1
  alive "$pid" && grep -qzxF "HMS_LAB_RUN=$run" "/proc/$pid/environ" && echo "$pid"
} 2>/dev/null

# --- a program under its loop --------------------------------------------------------------------------------------------

# launch <program> [host]: under a loop that outlives this script, unless it has one.
launch() {
  local place=${2:+h$2/}$1
  if pid_of "$place.keep" >/dev/null; then return 0; fi
  # The variable is how 'down' knows what is the lab's.
  HMS_LAB_RUN=$run setsid "$BASH" "$ROOT/deploy/lab.sh" keep "$@" >>"$run/$place.log" 2>&1 </dev/null 9>&- &
  echo $! >"$run/$place.keep"
  disown
}

# keep <program> [host]: starts it again whenever it ends. SIGTERM ends both.
keep() {
  local what=$1 i=${2:-} child='' ended='' code pause began
  local place=$run/${i:+h$i/}$what
  local -a command
  trap 'ended=1; end_child' TERM
  cd /
  unset NOTIFY_SOCKET # whoever supervises our caller is not told by these
  "settings_of_$what" "$i"
  while [ -z "$ended" ]; do
    began=$SECONDS code=0 pause=0
    if [ "$what" = dockerd ]; then
      # A process id in it that another process has by now would keep the engine from starting.
      rm -f "$run/h$i/docker.pid"
      await 100 test -S "$run/h$i/containerd.sock" || true
    fi
    "${command[@]}" 2>&1 &
    child=$!
    echo "$child" >"$place.pid"
    [ -z "$ended" ] || end_child
    # A signal to this loop ends the wait, not the program.
    wait "$child" || code=$?
    while alive "$child"; do
      code=0
      wait "$child" || code=$?
    done
    child=''
    [ -z "$ended" ] || break
    case $what:$code in
      silo:1 | api:1 | agent:1) say "$(date +%T) $what refuses its settings, see above: it is not started again"; echo "$code" >"$place.refused"; break ;;
      silo:* | api:* | agent:*) [ $((SECONDS - began)) -gt 1 ] || pause=1 ;;
      *) pause=2 ;;
    esac
    say "$(date +%T) $what ended with exit code $code and is started again"
    if [ "$pause" -gt 0 ]; then
      sleep "$pause" &
      wait $! || true
    fi
    while [ -e "$place.held" ] && [ -z "$ended" ]; do
      sleep 0.1 &
      wait $! || true
    done
  done 2>/dev/null # or bash would say that it was killed; we do that
  rm -f "$place.pid" "$place.keep"
}

end_child() {
  # What is frozen hears of its end only when it goes on.
  [ -z "$child" ] || kill -TERM "$child" || true
  [ -z "$child" ] || kill -CONT "$child" || true
} 2>/dev/null

# await <tenths of a second> <command...>
await() {
  local tenths=$1
  shift
  until "$@"; do
    [ $((tenths--)) -gt 0 ] || return 1
    sleep 0.1
  done
}

# nsenter, not 'ip netns exec': that mounts /sys anew, and the cgroups are gone.
within() { command=(nsenter "--net=/run/netns/$(namespace "$1")" -- "${@:2}"); }

settings_of_containerd() { within "$1" containerd --config "$run/h$1/containerd.toml" --log-level warn; }

settings_of_dockerd() {
  # shellcheck disable=SC2016  # for the inner shell
  within "$1" unshare --uts -- /bin/sh -c 'hostname "$0" && exec "$@"' "$(namespace "$1")" \
    dockerd -H "unix://$run/h$1/docker.sock" --containerd "$run/h$1/containerd.sock" --data-root "$data/h$1/docker" \
    --exec-root "$run/h$1/exec" --pidfile "$run/h$1/docker.pid" --config-file "$run/h$1/daemon.json" \
    --exec-opt native.cgroupdriver=cgroupfs --cgroup-parent "/$cgroup/h$1" --shutdown-timeout 1 --log-level warn
}

settings_of_database() {
  command=(as_postgres "$(postgres_programs)/postgres" -D "$data/postgres" -c "listen_addresses=$net.1" -c "port=$database_port"
    -c "unix_socket_directories=$run/postgres" -c shared_buffers=16MB -c max_connections=200 -c huge_pages=off -c fsync=on
    # Nothing in /dev/shm that a kill -9 would leave there.
    -c dynamic_shared_memory_type=mmap)
}

# For node and API alike. The .NET runtime keeps its own sockets in TMPDIR: they go with the lab.
cluster_settings() {
  export TMPDIR=$run/tmp Orleans__ClusterId=hms-lab Orleans__ServiceId=hms
  export Orleans__Clustering__ProviderType=AdoNet Orleans__Clustering__Invariant=Npgsql Orleans__Clustering__ConnectionString
  Orleans__Clustering__ConnectionString="Host=$net.1;Port=$database_port;Database=hms;Username=hms;Password=$(cat "$data/password");Timeout=3;Command Timeout=3"
}

settings_of_silo() {
  cluster_settings
  export Hms__Host__Address Hms__DataDirectory=$data/h$1/node Hms__Docker__Endpoint=unix://$run/h$1/docker.sock ASPNETCORE_URLS=http://127.0.0.1:8080
  Hms__Host__Address=$(host_address "$1")
  # Also the first node says that it has the controller: the benchmarks want to know.
  within "$1" "$ROOT/Silo/bin/Release/net10.0/HmsOrleans.Silo" --Logging:LogLevel:HmsOrleans.Grains.Fleet.ControllerGrain=Debug
}

settings_of_agent() {
  cluster_settings
  within "$1" "$ROOT/Antagonist/bin/Release/net10.0/HmsOrleans.Antagonist" agent --host "$(host_address "$1")" \
    --engine "unix://$run/h$1/docker.sock" --data "$data/h$1/agent" --max-share 100 \
    --lab "$run/h$1/silo.pid" "$run/h$1/dockerd.pid" eth0
}

settings_of_api() {
  cluster_settings
  export ASPNETCORE_URLS=$HMS_LAB_URL
  command=("$ROOT/Api/bin/Release/net10.0/HmsOrleans.Api")
}

# --- up ------------------------------------------------------------------------------------------------------------------

network_up() {
  [ -e "/run/netns/$switch" ] || ip netns add "$switch"
  ip -n "$switch" link show switch >/dev/null 2>&1 || ip -n "$switch" link add switch type bridge
  ip -n "$switch" link set switch up
  if ! ip link show "${HMS_LAB}root" >/dev/null 2>&1; then
    ip link add "${HMS_LAB}root" type veth peer name p0 netns "$switch"
    ip addr add "$net.1/24" dev "${HMS_LAB}root"
  fi
  ip link set "${HMS_LAB}root" up
  # The switch is a namespace of its own: this machine's firewall would eat what goes through a bridge here.
  ip -n "$switch" link set p0 master switch up
}

host_network_up() {
  local space
  space=$(namespace "$1")
  [ -e "/run/netns/$space" ] || ip netns add "$space"
  ip -n "$space" link set lo up
  if ! ip -n "$space" link show eth0 >/dev/null 2>&1; then
    ip link add eth0 netns "$space" type veth peer name "p$1" netns "$switch"
    ip -n "$space" addr add "$(host_address "$1")/24" dev eth0
    ip -n "$space" link set eth0 up
    ip -n "$switch" link set "p$1" master switch up
  fi
}

postgres_programs() { printf '%s\n' /usr/lib/postgresql/*/bin | sort -V | tail -n 1; }

# Not runuser, which stays between us and the process.
as_postgres() { exec setpriv --reuid postgres --regid postgres --init-groups "$@"; }

database_asks() { (as_postgres "$(postgres_programs)/psql" -h "$run/postgres" -p "$database_port" -d postgres -XqAt -v ON_ERROR_STOP=1); }

database_up() {
  if [ ! -e "$data/database.made" ]; then
    (umask 077 && head -c 32 /dev/urandom | base64 | tr -dc 'A-Za-z0-9' >"$data/password")
    rm -rf "$data/postgres"
    install -d -o postgres -g postgres -m 700 "$data/postgres" "$run/postgres"
    (cd / && as_postgres "$(postgres_programs)/initdb" -D "$data/postgres" -E UTF8 --locale=C.UTF-8 --no-sync)
    printf '%s\n' 'local all postgres peer' "host hms hms $net.0/24 scram-sha-256" >"$data/postgres/pg_hba.conf"
    touch "$data/database.made"
  fi
  database_start || return 1
  database_asks <<END
SELECT format('CREATE ROLE hms LOGIN PASSWORD %L', '$(cat "$data/password")') WHERE NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'hms') \\gexec
SELECT 'CREATE DATABASE hms OWNER hms' WHERE NOT EXISTS (SELECT FROM pg_database WHERE datname = 'hms') \\gexec
END
  PGPASSWORD=$(cat "$data/password") "$(postgres_programs)/psql" -h "$net.1" -p "$database_port" -U hms -d hms -Xq -v ON_ERROR_STOP=1 -f "$ROOT/deploy/cluster-store.sql"
  touch "$run/database.ready"
  launch api
}

database_start() {
  launch database
  await 300 database_asks <<<'SELECT' >/dev/null 2>&1 || { tail -n 10 "$run/database.log"; return 1; }
}

# Its loop first, or that would bring it back. Until its children have seen that it is gone, no new one can start.
database_stop() {
  local pid
  pid=$(pid_of database.keep) || return 0
  kill -KILL "$pid" "$(cat "$run/database.pid")"
  await 300 no_database_processes
}

database_processes() { find /proc -mindepth 2 -maxdepth 2 -name cwd -lname "$data/postgres*" 2>/dev/null | cut -d/ -f3; }
no_database_processes() { [ -z "$(database_processes)" ]; }

host_up() {
  local i=$1 here=$run/h$1
  mkdir -p "$here" "$data/h$i"
  echo '{}' >"$here/daemon.json" # or the machine's own would be read
  cat >"$here/containerd.toml" <<END
version = 2
root = "$data/h$i/containerd"
state = "$here/containerd"
disabled_plugins = ["io.containerd.grpc.v1.cri", "io.containerd.snapshotter.v1.btrfs", "io.containerd.snapshotter.v1.zfs"]
[grpc]
  address = "$here/containerd.sock"
[plugins."io.containerd.internal.v1.opt"]
  path = "$data/h$i/opt"
END
  host_network_up "$i"
  launch containerd "$i"
  launch dockerd "$i"
  await 600 engine_answers "$i" || { tail -n 10 "$here/dockerd.log"; return 1; }
  touch "$here/engine.ready"
  await 600 test -e "$run/database.ready" || return 1
  # A node without its database would start on its own, and once more when that is there.
  launch silo "$i"
  [ -z "${HMS_LAB_ANTAGONIST:-}" ] || launch agent "$i"
  containers_up "$i"
}

containers_up() {
  local i=$1 codes names
  [ "$containers" -gt 0 ] || return 0
  if ! engine "$i" -f -o /dev/null http://engine/images/idle/json 2>/dev/null; then
    engine "$i" -f -o /dev/null -X POST -T "$run/image.tar" "http://engine/images/create?fromSrc=-&repo=idle&tag=latest&changes=$(url_encoded "CMD $IDLE")"
  fi
  # One curl for all: a docker command for each would cost more than the container does.
  names="idle-[1-$containers]"
  codes=$(engine "$i" -o /dev/null -w '%{http_code}\n' -H 'Content-Type: application/json' \
      -d "{\"Image\": \"idle:latest\", \"Labels\": $labels}" "http://engine/containers/create?name=$names"
    engine "$i" -o /dev/null -w '%{http_code}\n' -X POST "http://engine/containers/$names/start")
  # 409 and 304: it is there, it runs.
  if grep -vxE '201|204|304|409' <<<"$codes"; then
    echo "the engine does not start its containers: $(tail -n 3 "$run/h$i/dockerd.log")"
    return 1
  fi
}

url_encoded() { printf %s "$1" | od -An -v -t x1 | tr -d '\n' | tr ' ' '%'; }

# What the API shows: "<hosts that are updated> <containers that run>".
view() {
  local text
  text=$(api /containers 2>/dev/null || true)
  echo "$(grep -o '"state":"updated"' <<<"$text" | wc -l) $(grep -o '"containerState":"running"' <<<"$text" | wc -l)"
}

# Sets count to the number of hosts wanted.
want() {
  local there
  there=$(hosts | tail -n 1)
  count=${1:-${there:-5}}
  if ! [[ $count =~ ^[1-9][0-9]{0,2}$ ]] || [ "$count" -gt 200 ]; then fail "'$count' is no number of hosts: 1 to 200"; fi
  [[ $containers =~ ^(0|[1-9][0-9]{0,2})$ ]] || fail "HMS_LAB_CONTAINERS is '$containers'; it must be a number, 0 to 999"
  [ "${there:-0}" -le "$count" ] || fail "the lab is up with $there hosts: 'down' first"
}

is_whole() {
  local i program
  for i in $(seq 1 "$count"); do
    for program in containerd dockerd silo ${HMS_LAB_ANTAGONIST:+agent}; do pid_of "h$i/$program.keep" >/dev/null || return 1; done
  done
  pid_of database.keep >/dev/null && pid_of api.keep >/dev/null
}

up() {
  local began i
  if is_up; then
    want "${1:-}"
    if is_whole; then
      say "the lab $HMS_LAB is up with $count hosts already"
      addresses
      return 0
    fi
    say "the lab $HMS_LAB is up already: adding what is missing"
  else
    # Whatever there is but an 'up' that has just begun.
    if remains >/dev/null && ! at_work >/dev/null; then step "clearing what an earlier lab left" take_down || fail "something is left, see above"; fi
    want "${1:-}"
  fi
  pid_of api.keep >/dev/null || port_free "$HMS_LAB_URL" HMS_LAB_URL
  mkdir -p "$run/tmp" "$data"
  chmod 711 "$run" "$data"
  exec 9>>"$run/lock"
  flock -n 9 || fail "another 'up' is at work"
  echo $$ >"$run/up.pid"
  is_up || fresh=1
  # The node refers to the API: one build makes both.
  build Silo/Silo.csproj
  build Antagonist/Antagonist.csproj
  began=$EPOCHREALTIME
  fresh=${fresh:+2}
  idle_root "$WORK/image"
  tar -C "$WORK/image" -cf "$run/image.tar" .
  find "$run" -maxdepth 2 \( -name '*.refused' -o -name '*.ready' \) -delete
  network_up
  # What these say goes to a log each; what counts is the view that comes of it.
  database_up >"$run/up.log" 2>&1 &
  jobs[0]=$!
  for i in $(seq 1 "$count"); do
    mkdir -p "$run/h$i"
    host_up "$i" >"$run/h$i/up.log" 2>&1 &
    jobs[i]=$!
  done
  until_whole
  fresh=''
  addresses
  awk -v from="$began" -v to="$EPOCHREALTIME" -v hosts="$count" -v all="$((count * containers))" \
    'BEGIN { printf "  The whole view (hosts: %d, containers: %d) was there after %.1f s.\n\n", hosts, all, to - from }'
}

until_whole() {
  local start=$SECONDS now told=0 shown='' i refused text place
  local -a seen
  while :; do
    read -ra seen <<<"$(view)"
    if [ ${#jobs[@]} -eq 0 ] && [ "${seen[0]}" -ge "$count" ] && [ "${seen[1]}" -ge $((count * containers)) ]; then break; fi
    refused=$(find "$run" -maxdepth 2 -name '*.refused' | head -n 1)
    [ -z "$refused" ] || fail "a program refuses its settings:
$(tail -n 5 "${refused%.refused}.log")"
    for i in "${!jobs[@]}"; do
      if alive "${jobs[i]}"; then continue; fi
      place=$run/up.log text='the database'
      if [ "$i" -gt 0 ]; then place=$run/h$i/up.log text="host $i"; fi
      wait "${jobs[i]}" || fail "$text does not come up:
$(tail -n 10 "$place")"
      unset "jobs[i]"
    done
    now=$((SECONDS - start))
    text="engines $(find "$run" -maxdepth 2 -name engine.ready | wc -l) of $count, in view: hosts ${seen[0]}, containers ${seen[1]} of $((count * containers))"
    [ "$now" -lt "$patience" ] || fail "no whole view within $patience s ($text). 'status' says more, the logs are in $run, 'down' ends it."
    if [ "$now" -gt "$told" ] && [ -t 1 ]; then
      printf '\r%s ... %s s ' "$text" "$now"
      told=$now shown=1
    elif [ "$now" -ge $((told + 5)) ]; then
      say "$text ... $now s"
      told=$now
    fi
    sleep 0.2
  done
  [ -z "$shown" ] || printf '\r%75s\r' ''
}

addresses() {
  say "
  page       $HMS_LAB_URL/
  REST API   $HMS_LAB_URL/scalar
  dashboard  $HMS_LAB_URL/dashboard

  An engine: docker -H unix://$run/h1/docker.sock ps     Try: deploy/lab.sh cut 1
"
}

# --- down ----------------------------------------------------------------------------------------------------------------

# Up is a lab of which any program is under its loop.
is_up() {
  local place
  while read -r place; do
    if pid_of "$place" >/dev/null; then return 0; fi
  done < <(find "$run" -maxdepth 2 -name '*.keep' -printf '%P\n' 2>/dev/null)
  return 1
}

# The process of an 'up' that has not ended.
at_work() {
  local pid
  pid=$(cat "$run/up.pid" 2>/dev/null) && alive "$pid" && grep -qz 'lab\.sh' "/proc/$pid/cmdline" && echo "$pid"
}

lab_cgroups() { find /sys/fs/cgroup -mindepth 1 -maxdepth 2 -type d -name "$cgroup" 2>/dev/null; }
lab_namespaces() { find /run/netns -regextype posix-extended -regex "/run/netns/$HMS_LAB-(sw|h[0-9]+)" -printf '%f\n' 2>/dev/null; }

# Every process of the lab: by the variable that it inherited, its arguments, its directory (PostgreSQL's own overwrite both) or its cgroup.
lab_processes() {
  {
    grep -slzxF "HMS_LAB_RUN=$run" /proc/[0-9]*/environ | cut -d/ -f3
    engine_processes "$run/"
    database_processes
    lab_cgroups | while read -r path; do find "$path" -name cgroup.procs -exec cat {} + 2>/dev/null; done
  } | sort -u
}

# True, and says it, when there is anything of the lab.
remains() { { lab_processes | sed 's/^/process /'; lab_namespaces; lab_cgroups; find "$run" "$data" -maxdepth 0; ip -o link show "${HMS_LAB}root" || true; } 2>/dev/null | grep .; }

take_down() {
  local pids path segment=''
  local -a shims
  # Shims that are killed leave their sockets; so do those that were killed before.
  mapfile -t shims < <(find "$data" -mindepth 4 -maxdepth 4 -path '*/docker/containers/*' 2>/dev/null | while IFS=/ read -r _ _ _ _ host _ _ id; do
    shim_socket_of "$run/$host/containerd.sock" moby "$id"
  done)
  segment=$(sed -n '7s/.* //p' "$data/postgres/postmaster.pid" 2>/dev/null || true)
  # What is paused would not die.
  find /sys/fs/cgroup/freezer/"$cgroup" -name freezer.state -exec sh -c 'for state; do echo THAWED >"$state"; done' sh {} + 2>/dev/null || true
  for _ in $(seq 1 100); do
    pids=$(lab_processes)
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086  # a list of pids
    kill -KILL $pids 2>/dev/null || true
    sleep 0.1
  done
  [ -z "$segment" ] || ipcrm -m "$segment" 2>/dev/null || true
  awk -v a="$run/" -v b="$data/" 'index($5, a) == 1 || index($5, b) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l 2>/dev/null || true
  lab_namespaces | while read -r path; do ip netns del "$path"; done
  ip link del "${HMS_LAB}root" 2>/dev/null || true
  lab_cgroups | while read -r path; do await 300 remove_cgroup "$path"; done
  rm -f ${shims[@]+"${shims[@]}"}
  await 300 rm -rf "$run" "$data"
  ! remains || return 1
}

# Its processes may still be on their way out.
remove_cgroup() { find "$1" -depth -type d -exec rmdir {} + 2>/dev/null; }

down() {
  if ! remains >/dev/null; then
    say "no lab $HMS_LAB is up"
    return 0
  fi
  local pid
  if pid=$(at_work); then
    say "ending the 'up' that is at work"
    end_process "$pid" 20
  fi
  step "ending the lab" take_down || fail "something is left, see above"
}

# --- looking at it and breaking it ---------------------------------------------------------------------------------------

state_of() {
  local pid
  if ! pid=$(pid_of "$1.pid"); then
    if [ -e "$run/$1.refused" ]; then echo 'refuses its settings'; elif pid_of "$1.keep" >/dev/null; then echo 'being started again'; else echo 'not running'; fi
  elif grep -q '^State:[[:space:]]*[Tt]' "/proc/$pid/status" 2>/dev/null; then
    echo "frozen (process $pid)"
  else
    echo "process $pid"
  fi
}

status() {
  local i line engine
  if ! is_up; then
    say "no lab $HMS_LAB is up$(! remains >/dev/null || echo "; something of one is left, 'down' removes it")"
    return 0
  fi
  say "database  $net.1:$database_port  $(state_of_database)"
  say "API       $HMS_LAB_URL  $(state_of api), $(api /readyz >/dev/null && echo ready || echo 'not ready')"
  for i in $(hosts); do
    line=$(link_state)
    engine=$(state_of "h$i/dockerd")
    if engine_answers "$i"; then
      engine+=", $(engine "$i" http://engine/containers/json | grep -o '"State":"running"' | wc -l) containers run"
    else
      engine+=', does not answer'
    fi
    printf 'host %-3s  %s  %s  engine: %s  node: %s  agent: %s\n' "$i" "$(host_address "$i")" "$line" "$engine" "$(state_of "h$i/silo")" "$(state_of "h$i/agent")"
  done
}

# PostgreSQL overwrites the variable by which we know the others.
state_of_database() { if database_asks <<<'SELECT 1' >/dev/null 2>&1; then echo answers; else echo 'does not answer'; fi; }

# one <N>: sets i, the number of a host that there is.
one() {
  i=${1:-}
  is_up || fail "no lab $HMS_LAB is up: 'up' starts one"
  if ! [[ $i =~ ^[1-9][0-9]*$ ]] || [ ! -d "$run/h$i" ]; then fail "'$i' is no host of the lab; there are $(hosts | xargs)"; fi
}

# cut_off [in|out]
cut_off() {
  case ${1:-} in
    '') ip -n "$switch" link set "p$i" down ;;
    # What the host sends comes in at the switch.
    in) drop_at egress ;;
    out) drop_at ingress ;;
    hosts) from_hosts -C 2>/dev/null || from_hosts -I ;;
    *) fail "cut $i what? 'in', 'out', 'hosts', or nothing for all, not '$1'" ;;
  esac
}

drop_at() {
  nsenter "--net=/run/netns/$switch" -- tc qdisc replace dev "p$i" clsact
  nsenter "--net=/run/netns/$switch" -- tc filter add dev "p$i" "$1" bpf da bytecode '1,6 0 0 2'
}

# Without an answer from there no connection comes to be, whoever asks for it.
from_hosts() { nsenter "--net=/run/netns/$(namespace "$i")" -- iptables -w "$1" INPUT -i eth0 -m iprange --src-range "$(host_address 1)-$(host_address 200)" -j DROP; }

join_again() {
  from_hosts -D 2>/dev/null || true
  nsenter "--net=/run/netns/$switch" -- tc qdisc del dev "p$i" clsact 2>/dev/null || true
  ip -n "$switch" link set "p$i" up
}

link_state() {
  local filters
  filters=$(for way in ingress egress; do nsenter "--net=/run/netns/$switch" -- tc filter show dev "p$i" "$way"; done 2>/dev/null)
  if ! ip -n "$switch" -o link show "p$i" 2>/dev/null | grep -q '[<,]UP[,>]'; then
    echo 'CUT OFF'
  elif [ -n "$filters" ]; then
    echo 'CUT OFF one way'
  elif from_hosts -C 2>/dev/null; then
    echo 'CUT OFF from hosts'
  else
    echo joined
  fi
}

# signal <signal> <program of host i>
signal() {
  local pid
  pid=$(pid_of "h$i/$2.pid") || fail "host $i: $2 is $(state_of "h$i/$2")"
  kill "-$1" "$pid"
}

# ---------------------------------------------------------------------------------------------------------------------------

# fresh: 1 while there is nothing of a new lab but its directories, 2 while it comes up.
fresh='' count='' i=''
jobs=()
finish() {
  local code=$? job
  trap '' INT TERM HUP
  stop_step
  [ "$(at_work || true)" != $$ ] || rm -f "$run/up.pid"
  for job in ${jobs[@]+"${jobs[@]}"}; do kill -TERM "$job" 2>/dev/null || true; done
  if [ "$fresh" = 1 ]; then
    rm -rf "$run" "$data"
  elif [ "$fresh" = 2 ] && [ "$code" -ge 128 ]; then
    say "interrupted: ending the lab"
    take_down >/dev/null 2>&1 || true
  fi
  rm -rf "$WORK"
  exit "$code"
}

case ${1:---help} in -h | --help | help) usage "$0"; exit 0 ;; esac
become_root "$0" "$@"
[[ $HMS_LAB =~ ^[a-z][a-z0-9]{0,7}$ ]] || fail "HMS_LAB is '$HMS_LAB'; it must be up to 8 small letters and digits"
verb=$1
shift
if [ "$verb" = keep ]; then
  keep "$@"
  exit 0
fi
trap finish EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
make_work hms-lab
case $verb in
  up)
    debian_only
    need_dotnet
    need_docker postgresql iproute2 iputils-ping busybox-static curl procps util-linux
    up "$@"
    ;;
  down) down ;;
  status) status ;;
  cut) one "$@"; cut_off "${2:-}" ;;
  heal) one "$@"; join_again ;;
  restart-silo) one "$@"; signal TERM silo ;;
  kill-silo) one "$@"; signal KILL silo ;;
  kill-agent) one "$@"; signal KILL agent ;;
  antagonist)
    one "$(hosts | head -n 1)"
    cluster_settings
    "$ROOT/Antagonist/bin/Release/net10.0/HmsOrleans.Antagonist" "$@"
    ;;
  hold-silo) one "$@"; touch "$run/h$i/silo.held"; signal KILL silo ;;
  release-silo) one "$@"; rm -f "$run/h$i/silo.held" ;;
  freeze-silo) one "$@"; signal STOP silo ;;
  thaw-silo) one "$@"; signal CONT silo ;;
  kill-engine) one "$@"; signal KILL dockerd ;;
  stop-database) one "$(hosts | head -n 1)"; database_stop || fail "PostgreSQL does not end" ;;
  start-database) one "$(hosts | head -n 1)"; database_start || fail "PostgreSQL does not start" ;;
  *) fail "unknown command $verb (--help says what there is)" ;;
esac
