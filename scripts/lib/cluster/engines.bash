# Kinds of Docker engines: the ordinary one of root, one that maps its containers' users to others (--remapped), and one
# that the developer runs without root (--rootless).

ROOTLESS_STARTER=/usr/share/docker.io/contrib/dockerd-rootless.sh

docker_kind() { cat "$DOCKER_KIND" 2>/dev/null || echo rootful; }

# choose_docker_kind [--rootless|--remapped]: that of an engine that is there cannot be changed.
choose_docker_kind() {
  local kind
  case ${1:---rootful} in
    --rootful | --rootless | --remapped) kind=${1:---rootful} kind=${kind#--} ;;
    *) die "docker up: --rootless, --remapped or nothing, not $1" ;;
  esac
  if [ -e "$DOCKER" ] && [ "$(docker_kind)" != "$kind" ]; then
    die "docker up: the engine that is there is $(docker_kind): run scripts/cluster docker down first"
  fi
  mkdir -p "$DOCKER"
  echo "$kind" >"$DOCKER_KIND"
}

# What the kinds need besides; the account has been made.
prepare_docker_kind() {
  [ "$(docker_kind)" != rootful ] || return 0
  command -v newuidmap >/dev/null || install_named_package uidmap
  give_subordinate_ids
  open_laptop_devices
  [ "$(docker_kind)" = rootless ] || return 0
  chown "$DOCKER_ACCOUNT:" "$DOCKER"
  install -d -m 700 -o "$DOCKER_ACCOUNT" -g "$DOCKER_ACCOUNT" "$DOCKER/engine"
}

ensure_rootless() {
  local pair
  for pair in rootlesskit:rootlesskit slirp4netns:slirp4netns; do
    command -v "${pair%%:*}" >/dev/null || install_named_package "${pair#*:}"
  done
  [ -x $ROOTLESS_STARTER ] || ROOTLESS_STARTER=$(command -v dockerd-rootless.sh) ||
    die "docker: there is no dockerd-rootless.sh"
}

# An account that is older than the file of such numbers has none.
give_subordinate_ids() {
  grep -q "^$DOCKER_ACCOUNT:" /etc/subuid 2>/dev/null && grep -q "^$DOCKER_ACCOUNT:" /etc/subgid && return
  usermod --add-subuids "$((DOCKER_ACCOUNT_ID * 100000))-$((DOCKER_ACCOUNT_ID * 100000 + 65535))" \
    --add-subgids "$((DOCKER_ACCOUNT_ID * 100000))-$((DOCKER_ACCOUNT_ID * 100000 + 65535))" "$DOCKER_ACCOUNT"
}

# udev lets everybody open these two; a machine without it may not.
open_laptop_devices() {
  local name
  mkdir -p "$DOCKER/dev"
  for name in net/tun fuse; do
    [ "$(on_laptop stat -c %a /dev/$name)" != 666 ] || continue
    cp -a /dev/$name "$DOCKER/dev/${name#*/}"
    chmod 666 "$DOCKER/dev/${name#*/}"
    on_laptop mount --bind "$DOCKER/dev/${name#*/}" /dev/$name
  done
}

close_laptop_devices() {
  local name
  for name in net/tun fuse; do
    [ ! -e "$DOCKER/dev/${name#*/}" ] || on_laptop umount /dev/$name || true
  done
}

# The engine, its containerd and all containers stay in the cgroup that they are started in: without root they make none.
part_rootless() {
  ensure_rootless
  join_docker_cgroup start_on_laptop dockerd setpriv --reuid "$DOCKER_ACCOUNT" --regid "$DOCKER_ACCOUNT" --init-groups \
    env HOME="$DOCKER/home" XDG_RUNTIME_DIR="$DOCKER/engine" PATH="$SYSTEM_PATH" \
    "$ROOTLESS_STARTER" --config-file "$CONF/dockerd.json"
}

join_docker_cgroup() { # join_docker_cgroup COMMAND...
  (
    local folder
    for folder in $(cgroup_folders "$CGROUP"); do
      mkdir -p "$folder/docker"
      echo "$BASHPID" 2>/dev/null >"$folder/docker/cgroup.procs" || true
    done
    "$@"
  )
}
