# A Docker engine on the laptop, and an account that may use it. Its network, mounts and files are the
# laptop's, so that nothing of it reaches the machine; its containers run below the cluster's cgroup.

DOCKER_PARTS="docker-containerd dockerd"

verb_docker() {
  local action=${1:-}
  [ $# = 0 ] || shift
  case $action in
    up | down | status | kill | load) "docker_$action" "$@" ;;
    *) die "docker: up [--rootless|--remapped], down, status, kill or load TAR..." ;;
  esac
}

docker_up() {
  need_up
  take_lock
  choose_docker_kind "$@"
  if docker_runs && account_is_ours; then
    say "the Docker engine is up already"
    return
  fi
  ensure_dockerd
  mount_laptop_cgroups
  mkdir -p "$DOCKER/containerd"
  remember_laptop
  make_account
  prepare_docker_kind
  render "$LIB/conf/docker-containerd.toml" >"$CONF/docker-containerd.toml"
  render "$LIB/conf/dockerd-$(docker_kind).json" >"$CONF/dockerd.json"
  step "starting the Docker engine of the laptop ($(docker_kind))"
  is_running docker-containerd || [ "$(docker_kind)" = rootless ] || part_docker-containerd
  is_running dockerd || part_dockerd
  wait_for 30 "the Docker engine answering" "$LOGS/dockerd.log" docker_runs || die "no Docker engine"
  say "the Docker engine is up: $(laptop_docker version --format '{{.Server.Version}}')"
}

docker_down() {
  take_lock
  if docker_is_left; then
    remove_docker
    say "the Docker engine is down"
  else
    say "the Docker engine is down already"
  fi
  if docker_is_left; then die "docker: something could not be removed: see $DOCKER, account $DOCKER_ACCOUNT"; fi
}

docker_status() {
  local name pid
  for name in $DOCKER_PARTS; do
    if pid=$(recorded_pid "$name"); then
      printf '%-20s running, pid %s\n' "$name" "$pid"
    else printf '%-20s not running; log: %s\n' "$name" "$LOGS/$name.log"; fi
  done
  docker_runs || {
    echo "the Docker engine is not up"
    exit 1
  }
  laptop_docker ps --all
  echo "the Docker engine is up: DOCKER_HOST=unix://$DOCKER_SOCKET"
}

# As if it had crashed: its containers run on, its containerd too.
docker_kill() { verb_part kill dockerd; }

docker_load() {
  local tar
  docker_runs || die "the Docker engine is not up: run scripts/cluster docker up"
  [ $# -gt 0 ] || die "docker load: which tar?"
  for tar in "$@"; do
    [ -f "$tar" ] || die "docker load: no such file: $tar"
    laptop_docker load --quiet --input "$tar" >&2 || die "could not load $tar"
  done
}

laptop_docker() { docker --host "unix://$DOCKER_SOCKET" "$@"; }

docker_runs() {
  is_running dockerd || return 1
  [ "$(docker_kind)" = rootless ] || is_running docker-containerd || return 1
  laptop_docker version >/dev/null 2>&1
}

docker_is_left() { [ -e "$DOCKER" ] || account_is_ours || [ -n "$(cgroup_folders "$DOCKER_CGROUP")" ]; }

# Debian's package brings the group; a dockerd from elsewhere may not have.
ensure_dockerd() {
  local pair
  for pair in dockerd:docker.io docker:docker.io useradd:passwd; do
    command -v "${pair%%:*}" >/dev/null || install_named_package "${pair#*:}"
  done
}

part_docker-containerd() {
  start_on_laptop docker-containerd env PATH="$SYSTEM_PATH" containerd --config "$CONF/docker-containerd.toml"
}

part_dockerd() {
  # The process of that number may be anybody's by now, and dockerd would not start.
  rm -f "$DOCKER/dockerd.pid"
  if [ "$(docker_kind)" = rootless ]; then
    part_rootless
  else
    start_on_laptop dockerd env PATH="$SYSTEM_PATH" dockerd --config-file "$CONF/dockerd.json"
  fi
}

on_laptop() { nsenter --net="/run/netns/$NS_LAPTOP" --mount="$LAPTOP_MOUNTS" "$@"; }

# The laptop's /sys is its own and comes without cgroups, which containers need.
mount_laptop_cgroups() {
  local target type options
  [ -f /sys/fs/cgroup/cgroup.controllers ] || mount_on_laptop tmpfs mode=755 /sys/fs/cgroup
  while read -r target type options; do
    options=${options#rw}
    mount_on_laptop "$type" "${options#,}" "$target"
  done < <(findmnt --raw --noheadings --types cgroup,cgroup2 --output TARGET,FSTYPE,FS-OPTIONS)
}

mount_on_laptop() { # mount_on_laptop TYPE OPTIONS TARGET
  on_laptop mountpoint -q "$3" && return
  on_laptop mkdir -p "$3"
  on_laptop mount -t "$1" ${2:+-o "$2"} "$1" "$3"
}

# What the engine changes in the laptop's network, so that it can be put back.
remember_laptop() {
  local name
  [ ! -f "$DOCKER/sysctls" ] || return 0
  on_laptop nft list tables >"$DOCKER/tables"
  for name in net.ipv4.ip_forward net.ipv6.conf.all.forwarding net.ipv6.conf.default.forwarding; do
    printf '%s=%s\n' "$name" "$(on_laptop sysctl -n "$name")"
  done >"$DOCKER/sysctls.new"
  mv "$DOCKER/sysctls.new" "$DOCKER/sysctls"
}

account_is_ours() { [ "$(getent passwd "$DOCKER_ACCOUNT" | cut -d: -f6)" = "$DOCKER/home" ]; }

make_account() {
  if ! getent group docker >/dev/null; then
    groupadd --system docker
    touch "$DOCKER/made-group"
  fi
  if ! account_is_ours; then
    useradd --uid "$DOCKER_ACCOUNT_ID" --user-group --no-log-init --no-create-home --home-dir "$DOCKER/home" \
      --shell /bin/bash "$DOCKER_ACCOUNT" || die "docker: could not make the account $DOCKER_ACCOUNT"
  fi
  usermod --append --groups docker "$DOCKER_ACCOUNT"
  install -d -m 700 -o "$DOCKER_ACCOUNT" -g "$DOCKER_ACCOUNT" "$DOCKER/home"
}

# Removes all of it, also after a crash, from a laptop that stays. Nothing is asked to end in order: its
# containers and files go anyway.
remove_docker() {
  kill_process dockerd
  kill_process docker-containerd
  end_shims "$DOCKER_CONTAINERD"
  end_cgroup "$DOCKER_CGROUP"
  if [ -e "/run/netns/$NS_LAPTOP" ]; then
    end_laptop_helpers
    [ ! -f "$DOCKER/sysctls" ] || ! findmnt "$LAPTOP_MOUNTS" >/dev/null || restore_laptop
  fi
  unmount_below "$DOCKER"
  remove_cgroups "$DOCKER_CGROUP"
  remove_shim_sockets "$DOCKER/containerd/run" moby
  remove_account
  # Only if they are empty: another engine may use the same folder.
  rmdir /run/docker/plugins /run/docker 2>/dev/null || true
  rm -rf --one-file-system "$DOCKER"
}

# The engine's port forwarders, and all that the account has started, in the laptop only: the same number may be in
# use in a pod.
end_laptop_helpers() {
  signal_all KILL "$(laptop_helpers)"
  wait_for 5 "end of the account's processes" "" no_laptop_helpers || true
}

no_laptop_helpers() { [ -z "$(laptop_helpers)" ]; }

laptop_helpers() {
  local pid
  for pid in $(ip netns pids "$NS_LAPTOP"); do
    if [ "$(cat "/proc/$pid/comm")" = docker-proxy ] || [ "$(stat -c %u "/proc/$pid")" = "$DOCKER_ACCOUNT_ID" ]; then
      echo "$pid"
    fi
  done 2>/dev/null
}

restore_laptop() {
  local link family table
  on_laptop bash -c "$(declare -f unmount_below); unmount_below '$DOCKER'"
  close_laptop_devices
  for link in $(ip -n "$NS_LAPTOP" -o link show type bridge | sed -n 's/^[0-9]*: \(docker0\|br-[0-9a-f]\{12\}\):.*/\1/p'); do
    ip -n "$NS_LAPTOP" link delete "$link"
  done
  while read -r _ family table; do
    case "$family $table" in
      "ip filter" | "ip nat" | "ip6 filter" | "ip6 nat") on_laptop nft delete table "$family" "$table" ;;
    esac
  done < <(on_laptop nft list tables | grep -vxFf "$DOCKER/tables" || true)
  on_laptop sysctl -q -p "$DOCKER/sysctls"
}

remove_account() {
  ! account_is_ours || userdel "$DOCKER_ACCOUNT" || true
  [ ! -f "$DOCKER/made-group" ] || groupdel docker || true
}
