# The commands that concern the cluster as a whole.

verb_up() {
  local nodes=
  while [ $# -gt 0 ]; do
    case $1 in
      --nodes) nodes=${2:-none} && shift ;;
      --nodes=*) nodes=${1#*=} && nodes=${nodes:-none} ;;
      *) die "up: --kubernetes VERSION and --nodes NUMBER, not $1" ;;
    esac
    [[ ${nodes:-1} =~ ^[1-9]$ ]] && [ "${nodes:-1}" -le "$MOST_NODES" ] || die "up: --nodes takes a number from 1 to $MOST_NODES"
    [ $# = 0 ] || shift
  done
  take_lock_at_once
  local begin=$SECONDS
  if is_healthy; then
    findmnt "$LAPTOP_MOUNTS" >/dev/null || keep_laptop_mounts
    add_nodes "${nodes:-0}" || say "the cluster is up already: Kubernetes $KUBERNETES, nodes $(node_names | xargs)"
    return
  fi
  install_packages
  ensure_kubernetes
  if anything_left; then
    step "clearing what an earlier run has left"
    remove_everything
  fi
  prepare_state "${nodes:-$DEFAULT_NODES}"
  start_control_plane
  # shellcheck disable=SC2046  # a list of names
  start_nodes $(node_names)
  apply_manifest coredns
  apply_manifest rights
  wait_for_nodes
  wait_for_dns
  say "the cluster is up ($((SECONDS - begin)) s): Kubernetes $KUBERNETES, nodes $(node_names | xargs)"
}

# A second costs some 200 MB and no time that one would notice.
DEFAULT_NODES=2

ensure_kubernetes() {
  if [ "$(kubernetes_source "$KUBERNETES")" = debian ]; then
    ensure_floor
    ensure_programs coredns
  else
    ensure_programs kubernetes etcd containerd runc coredns
  fi
}

# add_nodes NUMBER: fails if there are that many already.
add_nodes() {
  local number new=()
  for ((number = 1; number <= $1; number++)); do
    [ -d "$STATE/node$number" ] || new+=("node$number")
  done
  [ ${#new[@]} -gt 0 ] || return 1
  for number in "${new[@]}"; do prepare_node "$number"; done
  start_nodes "${new[@]}"
  wait_for_nodes
  copy_images "${new[@]}"
  ! is_added ingress || route_laptops add
  say "the cluster has new nodes: ${new[*]}"
}

prepare_state() {
  mkdir -p "$STATE" "$LOGS" "$PIDS" "$CONF/registries" "$STATE/bin"
  echo "$KUBERNETES" >"$STATE/version"
  remember_machine
  setup_network
  make_cgroups
  make_certificates
  make_kubeconfigs
  write_configuration
  compile echo "$STATE/bin/echo"
  local number
  for ((number = 1; number <= $1; number++)); do prepare_node "node$number"; done
}

# shellcheck disable=SC2120  # its words come from scripts/cluster's main
verb_down() {
  if [ "${1:-}" = --all ]; then
    down_all
    return
  fi
  [ $# = 0 ] || die "down: --all or nothing, not $1"
  take_lock
  if anything_left; then
    remove_everything
    say "the cluster is down"
  else
    say "the cluster is down already"
  fi
  if anything_left; then die "something could not be removed: see $STATE, ip netns, $(cgroup_folders "$CGROUP")"; fi
}

# Clusters are found by the names of their folders and namespaces.
down_all() {
  local name
  for name in $(known_instances); do
    # shellcheck disable=SC2119  # this cluster alone
    (name_cluster "$KUBERNETES" "${name#-}" && unset LOCK_FD && verb_down)
  done
}

# "-" is the one without a name.
known_instances() {
  {
    echo -
    find "${STATES%/*}" -maxdepth 1 -name "${STATES##*/}-*" -printf '%f\n' | sed "s/^${STATES##*/}//"
    find /run/netns -maxdepth 1 -name 'tp-*-cluster' -printf '%f\n' 2>/dev/null | sed 's/^tp//; s/-cluster$//'
  } | sort -u
}

all_parts_run() {
  local name part
  for name in $CONTROL_PARTS; do is_running "$name" || return 1; done
  for name in $(running_nodes); do
    for part in $NODE_PARTS; do is_running "$part@$name" || return 1; done
  done
  [ -n "$(running_nodes)" ]
}

# A cluster of another version under the same name is none of ours.
is_healthy() {
  [ "$(cat "$STATE/version" 2>/dev/null)" = "$KUBERNETES" ] && all_parts_run && nodes_are_ready 2>/dev/null && dns_answers
}

need_up() { is_running apiserver || [ -f "$KUBECONFIGS/admin" ] || die "the cluster is not up: run scripts/cluster up"; }

verb_status() {
  local name part healthy=0
  [ -d "$STATE" ] || {
    say "the cluster is down"
    return 1
  }
  echo "Kubernetes $(cat "$STATE/version")"
  for name in $CONTROL_PARTS; do show_process "$name"; done
  for name in $NEIGHBOUR_PARTS; do ! is_added "$name" || show_process "$name"; done
  for name in $(node_names); do
    [ ! -e "$STATE/$name/away" ] || echo "$name was taken away"
    for part in $NODE_PARTS; do show_process "$part@$name"; done
  done
  is_healthy || healthy=1
  if is_running apiserver; then
    admin_kubectl --request-timeout=5s get nodes,pods --all-namespaces -o wide || healthy=1
  fi
  [ $healthy = 0 ] && echo "the cluster is up" || echo "the cluster is not healthy"
  return $healthy
}

show_process() {
  local pid
  if pid=$(recorded_pid "$1"); then
    printf '%-20s running, pid %s\n' "$1" "$pid"
  else printf '%-20s not running; log: %s\n' "$1" "$LOGS/$1.log"; fi
}

verb_load() {
  need_up
  [ $# -gt 0 ] || die "load: which tar?"
  local tar
  for tar in "$@"; do
    [ -f "$tar" ] || die "load: no such file: $tar"
  done
  import_images "$@"
}

exec_admin_kubectl() {
  exec nsenter --net="/run/netns/$NS_CLUSTER" env KUBECONFIG="$KUBECONFIGS/admin" "$BIN/kubectl" "$@"
}

# Tests take the API server away for a while, or freeze it; then its record stays. kubelet, containerd and proxy are those of
# all nodes; with @NODE after it, of one.
verb_part() {
  local action=${1:-} name=${2:-} process
  need_up
  take_lock
  case $action in
    start | stop | kill | freeze | thaw) ;;
    *) die "part: start, stop, kill, freeze or thaw" ;;
  esac
  # shellcheck disable=SC2046  # a list of names
  set -- $(part_processes "$name")
  [ $# -gt 0 ] || die "part: the parts are: $CONTROL_PARTS $NEIGHBOUR_PARTS $DOCKER_PARTS $NODE_PARTS; the last three also with @NODE"
  for process; do part_action "$action" "$process"; done
}

part_processes() {
  local node
  case " $CONTROL_PARTS $NEIGHBOUR_PARTS $DOCKER_PARTS " in *" $1 "*) echo "$1" && return ;; esac
  [ -n "$1" ] || return 0
  for node in $(node_names); do
    case " $NODE_PARTS " in *" ${1%@"$node"} "*) echo "${1%@"$node"}@$node" ;; esac
  done
}

part_action() {
  local pid
  case $1 in
    start)
      is_running "$2" && return
      [ "$2" = "${2#*@}" ] || use_node "${2#*@}"
      "part_${2%@*}"
      ;;
    stop) end_process "$2" ;;
    kill | freeze | thaw)
      pid=$(recorded_pid "$2") || die "part: $2 does not run"
      kill "-$(signal_of "$1")" "$pid"
      ;;
  esac
}

signal_of() { case $1 in kill) echo KILL ;; freeze) echo STOP ;; thaw) echo CONT ;; esac }

print_env() {
  use_node node1
  cat <<TEXT
TEST_CLUSTER=$INSTANCE
TEST_KUBERNETES=$KUBERNETES
TEST_CLUSTER_STATE=$STATE
TEST_CLUSTER_CGROUP=$CGROUP
TEST_CLUSTER_NETNS=$NS_CLUSTER
TEST_LAPTOP_NETNS=$NS_LAPTOP
TEST_SECOND_LAPTOP_NETNS=$NS_LAPTOP_2
TEST_NODES=$(node_names | paste -sd,)
TEST_NODE_NETNS=$(node_names | sed "s/^/$NS_NODE_PREFIX/" | paste -sd,)
TEST_CLUSTER_IP=$CONTROL_IP
TEST_LAPTOP_IP=$LAPTOP_IP
TEST_CLUSTER_IP6=$CONTROL_IP6
TEST_LAPTOP_IP6=$LAPTOP_IP6
TEST_SERVICE_CIDRS=$SERVICE_CIDR,$SERVICE_CIDR6
TEST_POD_CIDRS=$POD_CIDR,$POD_CIDR6
TEST_KUBECONFIG_DEVELOPER=$KUBECONFIGS/developer
TEST_KUBECONFIG_ADMIN=$KUBECONFIGS/admin
TEST_KUBECONFIG_NORIGHTS=$KUBECONFIGS/norights
TEST_KUBECONFIG_EXPIRED=$KUBECONFIGS/expired
TEST_CLUSTER_LOGS=$LOGS
TEST_CLUSTER_AUDIT=$AUDIT
TEST_CONTAINERD_SOCKET=$CONTAINERD_SOCKET
TEST_DOCKER_HOST=unix://$DOCKER_SOCKET
TEST_DOCKER_ACCOUNT=$DOCKER_ACCOUNT
TEST_NEIGHBOURS=$(for name in $NEIGHBOURS; do ! is_added "$name" || echo "$name"; done | paste -sd,)
TEST_REGISTRY=$REGISTRY
TEST_REGISTRY_LOGIN=$STATE/registry/docker/config.json
TEXT
}
