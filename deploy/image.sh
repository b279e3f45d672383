#!/bin/bash
# deploy/image.sh [-- arguments for dotnet publish] - builds the image hms-orleans:latest, with the node and the API in it.
#
# Needs Debian or Ubuntu, the .NET 10 SDK, Docker, and root or sudo: the node's file gets the capability CAP_NET_RAW.
#
#   HMS_IMAGE   another name for the image (hms-orleans:latest)
set -euo pipefail
# shellcheck source=deploy/lib.sh
. "$(dirname "${BASH_SOURCE[0]}")/lib.sh"
image=${HMS_IMAGE:-hms-orleans:latest}

arguments=("$@")
case ${1:-} in
  -h | --help) usage "$0"; exit 0 ;;
  --) shift ;;
  '') ;;
  *) fail "unknown argument $1 (--help says what there is; arguments for dotnet publish go after --)" ;;
esac

become_root "$0" ${arguments[@]+"${arguments[@]}"}
make_work hms-image
trap 'stop_step; rm -rf "$WORK"' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP
debian_only
need_dotnet
need_packages libcap2-bin
command -v docker >/dev/null || fail "there is no docker command: install Docker, or deploy/up.sh --help for a node without it"

mkdir -p "$WORK"/image/{api,data} "$WORK"/{silo,published}
# The build is the caller's, not root's.
chmod 711 "$WORK"
chown "${SUDO_USER:-root}" "$WORK/published"
for project in Silo Api; do
  step "publishing $project" as_caller flock -o "$ROOT" "$DOTNET" publish "$ROOT/$project/$project.csproj" -c Release -o "$WORK/published/$project" -v minimal -nologo "$@" \
    || fail "$project cannot be published: see above"
done
cp -R "$WORK/published/Silo/." "$WORK/silo"
cp -R "$WORK/published/Api/." "$WORK/image/api"
cp "$ROOT/deploy/ready.sh" "$WORK/silo"
chmod -R a+rX "$WORK/image" "$WORK/silo"
setcap cap_net_raw+ep "$WORK/silo/HmsOrleans.Silo" || fail "the file system of $WORK keeps no capabilities (see above)"
tar -C "$WORK/silo" --owner=0 --group=0 --xattrs --xattrs-include=security.capability -cf "$WORK/image/silo.tar" .

# The classic builder will do, and is what there is without the plugin for the other one.
docker buildx version >/dev/null 2>&1 || export DOCKER_BUILDKIT=0
step "building $image" docker build -t "$image" -f "$ROOT/deploy/Dockerfile" "$WORK/image" || fail "$image cannot be built: see above"
say "$image: docs/operating.md, \"Under supervision\", tells how to run it"
