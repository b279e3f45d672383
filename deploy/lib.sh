#!/bin/bash
# What the scripts of deploy/ share. Sourced, not run: . "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
# shellcheck disable=SC2034  # the variables here are for those who source it

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
WORK='' STEP_PID='' DOTNET=''

say() { printf '%s\n' "$*"; }
fail() { printf '%s: %s\n' "$(basename "$0")" "$*" >&2; exit 1; }

# usage <script>: the script's leading comment is its help.
usage() { sed -n '2,/^[^#]/{s/^# \{0,1\}//p}' "$1"; }

# A directory for logs; the caller's EXIT trap removes it (or says where it is).
make_work() { WORK=$(mktemp -d --tmpdir=/tmp --suffix=".$1"); }

# become_root "$0" "$@": again through sudo where we are not root, with the settings that matter to the node and the build.
become_root() {
  [ "$(id -u)" -ne 0 ] || return 0
  command -v sudo >/dev/null || fail "needs root, and there is no sudo: run it as root"
  local name settings=("PATH=$PATH")
  while IFS= read -r name; do
    case $name in
      Hms__* | HMS_* | Orleans__* | Logging__* | ASPNETCORE_* | DOTNET_* | NUGET_* | DOCKER_* | CI | TERM | *_proxy | *_PROXY) settings+=("$name=${!name}") ;;
    esac
  done < <(compgen -e)
  exec sudo -- env "${settings[@]}" bash "$@"
}

debian_only() {
  local ID='' ID_LIKE=''
  [ ! -r /etc/os-release ] || . /etc/os-release
  case " $ID $ID_LIKE " in
    *' debian '* | *' ubuntu '*) ;;
    *) fail "this is ${ID:-an unknown system}: only Debian and Ubuntu are supported (packages are installed with apt-get)" ;;
  esac
}

# Sets DOTNET. Searched beyond PATH because sudo narrows it.
need_dotnet() {
  local home=$HOME candidate
  [ -z "${SUDO_USER:-}" ] || home=$(getent passwd "$SUDO_USER" | cut -d: -f6)
  for candidate in "$(command -v dotnet || true)" /usr/share/dotnet/dotnet /usr/lib/dotnet/dotnet "$home/.dotnet/dotnet"; do
    if [ -x "$candidate" ] && "$candidate" --list-sdks 2>/dev/null | grep -q '^10\.'; then
      DOTNET=$candidate
      # The programs find the runtime by it where dotnet is not at its usual place.
      DOTNET_ROOT=${DOTNET_ROOT:-$(dirname "$(readlink -f "$candidate")")}
      export DOTNET_ROOT
      return 0
    fi
  done
  fail "the .NET 10 SDK is missing. Ubuntu 24.04 and later: apt-get install dotnet-sdk-10.0. Debian: https://learn.microsoft.com/dotnet/core/install/linux-debian. Then call again."
}

# alive <pid>: running; a zombie is not.
alive() { [ -n "${1:-}" ] && [ -r "/proc/$1/status" ] && ! grep -q '^State:[[:space:]]*[ZX]' "/proc/$1/status" 2>/dev/null; }

# end_process <pid> <seconds>: SIGTERM, and SIGKILL when it has not ended after that.
end_process() {
  local pid=$1 tenths=$(($2 * 10))
  kill -TERM "$pid" 2>/dev/null || return 0
  while alive "$pid" && [ $((tenths--)) -gt 0 ]; do sleep 0.1; done
  ! alive "$pid" || kill -KILL "$pid" 2>/dev/null || true
}

# follow <text> <pid> [lines]: one line of progress for what takes longer than a second; silent before.
follow() {
  local text=$1 pid=$2 start=$SECONDS shown='' now
  STEP_PID=$pid
  while alive "$pid"; do
    sleep 0.1
    now=$((SECONDS - start))
    if [ "$now" = "${shown:-0}" ]; then continue; fi
    if [ -t 1 ]; then
      printf '\r%s ... %s s ' "$text" "$now"
    elif [ -z "$shown" ]; then
      say "$text ..."
    elif [ $((now % 15)) -eq 0 ]; then
      say "$text ... $now s"
    fi
    shown=$now
  done
  STEP_PID=''
  [ -z "$shown" ] || [ ! -t 1 ] || printf '\r%s: %s s          \n' "$text" "$((SECONDS - start))"
}

# step <text> <command...>: output goes to $WORK/step.log, shown only when the command fails.
step() {
  local text=$1 code=0
  shift
  # 9 is a lock of the caller's: what the command leaves running, as a build does, must not keep it.
  "$@" >"$WORK/step.log" 2>&1 </dev/null 9>&- &
  follow "$text" $!
  wait $! || code=$?
  [ "$code" -ne 0 ] || return 0
  printf '%s: failed (exit code %s):\n' "$text" "$code" >&2
  # Of a build the errors count, once each; of anything else the end.
  { grep -E ': error |^error' "$WORK/step.log" | sort -u | head -n 20 | grep . || tail -n 20 "$WORK/step.log"; } | sed 's/^ */    /' >&2
  return "$code"
}

# What an interrupted script has to end first.
stop_step() {
  [ -n "$STEP_PID" ] || return 0
  end_process "$STEP_PID" 5
  wait "$STEP_PID" 2>/dev/null || true
}

have() {
  case $1 in
    # A full Docker from docker.com counts: docker.io would throw it out.
    docker.io) command -v dockerd >/dev/null && command -v docker >/dev/null ;;
    # So does its plugin, whose files the package would want to have.
    docker-compose) command -v docker-compose >/dev/null || docker compose version >/dev/null 2>&1 ;;
    postgresql) ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 ;;
    *) [ "$(dpkg-query -W -f '${db:Status-Status}' "$1" 2>/dev/null)" = installed ] ;;
  esac
}

# apt_install <package...>: none of their programs is started, now: what we start, we end.
apt_install() (
  policy=/usr/sbin/policy-rc.d options=(-y --no-install-recommends -o DPkg::Lock::Timeout=120)
  export DEBIAN_FRONTEND=noninteractive
  # What every package asks before it starts anything, with systemd and without.
  [ ! -e "$policy" ] || mv "$policy" "$policy.hms"
  trap 'rm -f "$policy"; [ ! -e "$policy.hms" ] || mv "$policy.hms" "$policy"' EXIT
  printf '#!/bin/sh\nexit 101\n' >"$policy"
  chmod +x "$policy"
  if ! ls /var/lib/apt/lists/*_Packages* >/dev/null 2>&1 || ! apt-get install "${options[@]}" "$@"; then
    # By hand: errexit is off in what runs under "step ... ||", and the case below would hide the failure.
    apt-get update && apt-get install "${options[@]}" "$@" || exit 1
  fi
  # Debian 13 has the docker command in a package of its own, recommended only.
  case " $* " in
    *' docker.io '*) command -v docker >/dev/null || apt-get install "${options[@]}" docker-cli ;;
  esac
)

# Installs PostgreSQL's programs, without the database that Debian makes along with them and starts, now and at every boot.
apt_install_postgresql() {
  local conf=/etc/postgresql-common/createcluster.conf code=0
  have postgresql-common || apt_install postgresql-common || return 1
  cp -p "$conf" "$conf.hms"
  echo 'create_main_cluster = false' >>"$conf"
  apt_install postgresql || code=$?
  mv "$conf.hms" "$conf"
  return "$code"
}

# apt_install_disabled <package> <unit...>: installs a server that Debian would also start at every boot.
apt_install_disabled() {
  apt_install "$1" || return 1
  update-rc.d "$1" disable
  [ ! -d /run/systemd/system ] || systemctl disable "${@:2}"
}

# Installs RabbitMQ's server, without the broker that Debian starts at every boot; Erlang's port mapper too.
apt_install_rabbitmq() {
  local units=(rabbitmq-server.service)
  have erlang-base || units+=(epmd.service epmd.socket)
  apt_install_disabled rabbitmq-server "${units[@]}"
}

# need_packages <package...>: installs those that are missing, and only those.
need_packages() {
  local package missing=()
  export PATH="$PATH:/usr/sbin:/sbin"
  for package in "$@"; do
    if have "$package"; then continue; fi
    case $package in
      postgresql) step "installing postgresql" apt_install_postgresql || fail "could not install postgresql: see above, then call again" ;;
      rabbitmq-server) step "installing rabbitmq-server" apt_install_rabbitmq || fail "could not install rabbitmq-server: see above, then call again" ;;
      prometheus) step "installing prometheus" apt_install_disabled prometheus prometheus.service || fail "could not install prometheus: see above, then call again" ;;
      *) missing+=("$package") ;;
    esac
  done
  [ ${#missing[@]} -gt 0 ] || return 0
  step "installing ${missing[*]}" apt_install "${missing[@]}" \
    || fail "could not install ${missing[*]}: see above, then try 'apt-get update && apt-get install ${missing[*]}' by hand and call again"
}

# need_docker <package...>: the engine, what it runs containers with, and further packages.
need_docker() {
  local apparmor=()
  # Where the kernel has AppArmor switched on, the engine runs nothing without the program that loads its profile.
  if grep -qs Y /sys/module/apparmor/parameters/enabled; then apparmor=(apparmor); fi
  need_packages docker.io iptables ${apparmor[@]+"${apparmor[@]}"} "$@"
}

# as_caller <command...>: through sudo the build still belongs to the one who called, not to root.
as_caller() {
  if [ -n "${SUDO_USER:-}" ] && [ "$SUDO_USER" != root ] && [ -O / ]; then
    sudo -u "$SUDO_USER" -H env "PATH=$PATH" "DOTNET_ROOT=$DOTNET_ROOT" "$@"
  else
    "$@"
  fi
}

# build <project>: one at a time, for two at work on the same files spoil each other's.
build() {
  step "building $1" as_caller flock -o "$ROOT" "$DOTNET" build "$ROOT/$1" -c Release -v minimal -nologo \
    || fail "$1 does not build: see above"
}

port_of() {
  case $1 in
    *:*:[0-9]*) printf '%s\n' "${1##*:}" ;;
    https:*) echo 443 ;;
    *) echo 80 ;;
  esac
}

# port_free <url> <setting>: fails where another program listens there.
port_free() {
  local port
  port=$(port_of "$1")
  [ -n "$(ss -H -ltn "sport = :$port")" ] || return 0
  fail "port $port is taken by $(ss -H -ltnp "sport = :$port" | sed -n 's/.*users:(("\([^"]*\)",pid=\([0-9]*\).*/\1 (process \2)/p' | head -n 1 | grep . || echo 'another program'): end it, or choose another with $2=http://127.0.0.1:PORT"
}

# idle_root <directory>: the files of an image, without a registry: one static program under all its names.
idle_root() {
  mkdir -p "$1/bin" "$1/tmp"
  cp "$(command -v busybox)" "$1/bin/busybox"
  chroot "$1" /bin/busybox --install -s /bin
}

# What a container of that image does: nothing, and it ends at once when asked to.
IDLE='["/bin/sh", "-c", "trap exit TERM; while :; do sleep 3600 & wait; done"]'

# in_own_network <command...>: nothing it starts, a dockerd least of all, touches the machine's own network. Takes the place of
# its caller: run it in the background, and the process id is the command's.
in_own_network() {
  # shellcheck disable=SC2016  # for the inner shell
  exec unshare --net -- /bin/sh -c 'ip link set lo up && exec "$@"' sh "$@"
}

# clear_engines <run>: what engines of the tests of this run (its HMS_TEST_RUN, or more that begin with it and "-") left when
# their runner was killed, found by their run directory and cgroup alone. Tests/Engine/Remains.cs does the same from inside.
clear_engines() {
  local run=/run/hms-test/$1- data=/var/lib/hms-test/$1- round pids path
  local -a shims=()
  mapfile -t shims < <(engine_processes "$run" | while read -r pid; do shim_socket "$pid"; done)
  for round in $(seq 1 40); do
    pids=$({ engine_processes "$run"; cat /sys/fs/cgroup/hms-test/"$1"-*/{,*/}cgroup.procs /sys/fs/cgroup/*/hms-test/"$1"-*/{,*/}cgroup.procs; } 2>/dev/null | sort -u || true)
    [ -n "$pids" ] || break
    # shellcheck disable=SC2086  # a list of pids
    kill -KILL $pids 2>/dev/null || true
    sleep 0.1
  done
  awk -v a="$run" -v b="$data" 'index($5, a) == 1 || index($5, b) == 1 { print $5 }' /proc/self/mountinfo | sort -r | xargs -r umount -l 2>/dev/null || true
  rm -rf "$run"* "$data"* ${shims[@]+"${shims[@]}"} 2>/dev/null || true
  for path in /sys/fs/cgroup/hms-test /sys/fs/cgroup/*/hms-test; do
    [ ! -d "$path" ] || find "$path" -depth -mindepth 1 -type d -path "$path/$1-*" -exec rmdir {} \; 2>/dev/null || true
  done
  # The directories above are common to all runs: whoever is last removes them.
  rmdir /run/hms-test /var/lib/hms-test /sys/fs/cgroup/hms-test /sys/fs/cgroup/*/hms-test 2>/dev/null || true
}

# clear_brokers <run>: the same for its brokers (Tests/Broker), found by their home.
clear_brokers() {
  grep -lzs "^HOME=/tmp/hms-broker-$1-" /proc/[0-9]*/environ | cut -d/ -f3 | xargs -r kill -KILL 2>/dev/null || true
  rm -rf "/tmp/hms-broker-$1-"*
}

# clear_labs <run>: the same for its labs (Tests/Lab), found by the environment of what runs in them.
clear_labs() {
  local environment name
  for environment in $(grep -lzxs "HMS_TEST_RUN=$1\(-.*\)\?" /proc/[0-9]*/environ); do
    # Some have ended meanwhile, the search itself among them.
    { cat "$environment" 2>/dev/null || true; } | tr '\0' '\n' | sed -n 's|^HMS_LAB_RUN=/run/\(.*\)-lab$|\1|p'
  done | sort -u | while read -r name; do
    HMS_LAB=$name "$ROOT/deploy/lab.sh" down >/dev/null || true
  done
}

engine_processes() {
  ps -eo pid=,comm=,args= | awk -v d="$1" '($2 ~ /^(dockerd|containerd|docker-proxy|runc)$/ || $2 ~ /^containerd-shim/) && index($0, d) { print $1 }'
}

# A shim that is killed leaves its socket behind.
shim_socket() {
  local address='' space='' id='' previous='' word
  while IFS= read -r -d '' word; do
    case $previous in -address) address=$word ;; -namespace) space=$word ;; -id) id=$word ;; esac
    previous=$word
  done 2>/dev/null <"/proc/$1/cmdline" || true
  [ -z "$id" ] || shim_socket_of "$address" "$space" "$id"
}

# shim_socket_of <containerd's address> <namespace> <id>
shim_socket_of() { printf '/run/containerd/s/%s\n' "$(printf %s "$1/$2/$3" | sha256sum | cut -d' ' -f1)"; }
