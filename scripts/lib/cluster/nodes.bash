# The nodes: each has a network, a wire, mounts, a cgroup, pod ranges, a containerd, a kubelet and a kube-proxy of its own.

MOST_NODES=3
NODE_PARTS="containerd kubelet proxy"
# Folders whose names kubelet and the CNI library do not let one choose: each node sees its own there.
FIXED_FOLDERS="/var/log/pods /var/log/containers /var/lib/kubelet /var/lib/cni"

# use_node NAME: sets what belongs to that node.
use_node() {
  NODE_NAME=$1
  local number=${1#node}
  NODE_NS=$NS_NODE_PREFIX$1
  NODE_STATE=$STATE/$1
  NODE_CONF=$CONF/$1
  NODE_CGROUP=$CGROUP/$1
  NODE_MOUNTS=$NODE_STATE/mounts/ns
  CONTAINERD_SOCKET=$NODE_STATE/containerd/containerd.sock
  VETH_NODE=tp-veth-n$number
  NODE_IP=198.18.$((10 + number)).2
  NODE_IP6=fd5a:1e00:$((10 + number))::2
  NODE_ROUTER=198.18.$((10 + number)).1
  NODE_ROUTER6=fd5a:1e00:$((10 + number))::1
  NODE_POD_CIDR=10.244.$((number - 1)).0/24
  NODE_POD_CIDR6=fd5a:1e00:244:$((number - 1))::/64
}

# The nodes that the cluster has, whether they run or not.
node_names() {
  local number
  for ((number = 1; number <= MOST_NODES; number++)); do
    [ ! -d "$STATE/node$number" ] || echo "node$number"
  done
}

# Those that nobody has taken away.
running_nodes() {
  local name
  for name in $(node_names); do
    [ -e "$STATE/$name/away" ] || echo "$name"
  done
}

# prepare_node NAME: all but its processes.
prepare_node() {
  use_node "$1"
  mkdir -p "$NODE_STATE/containerd" "$NODE_CONF/cni"
  plug_node
  keep_node_mounts
  make_node_cgroup
  [ -f "$PKI/$NODE_NAME.crt" ] || make_certificate "$NODE_NAME" "/O=system:nodes/CN=system:node:$NODE_NAME"
  make_kubeconfig "$NODE_NAME" >"$KUBECONFIGS/$NODE_NAME"
  chmod 600 "$KUBECONFIGS/$NODE_NAME"
  write_node_configuration
}

# The control plane's end is the node's router: between nodes, and between pods of two nodes, packets go through it as
# they are, so that a pod's address is what its peer sees.
plug_node() {
  ip netns add "$NODE_NS"
  ip link add "$VETH_NODE" netns "$NS_CLUSTER" type veth peer name eth0 netns "$NODE_NS"
  plug "$NS_CLUSTER" "$VETH_NODE" "$NODE_ROUTER" "$NODE_ROUTER6"
  plug "$NODE_NS" eth0 "$NODE_IP" "$NODE_IP6"
  route_node
  nsenter --net="/run/netns/$NODE_NS" sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
    net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1
}

# A link that goes down takes its routes with it.
route_node() {
  ip -n "$NODE_NS" route replace default via "$NODE_ROUTER"
  ip -n "$NODE_NS" -6 route replace default via "$NODE_ROUTER6"
  ip -n "$NS_CLUSTER" route replace "$NODE_POD_CIDR" via "$NODE_IP"
  ip -n "$NS_CLUSTER" -6 route replace "$NODE_POD_CIDR6" via "$NODE_IP6"
}

# All that a node mounts is seen on that node only, and goes with it. What it must see of the machine still reaches it. Its
# resolver is the one that the laptops ask, too: containerd looks up registries there.
keep_node_mounts() {
  local folder=${NODE_MOUNTS%/*} name
  mkdir -p "$folder"
  mount --bind "$folder" "$folder"
  mount --make-private "$folder"
  touch "$NODE_MOUNTS"
  for name in $FIXED_FOLDERS; do mkdir -p "$name" "$NODE_STATE/fixed$name"; done
  # shellcheck disable=SC2016,SC2086  # for the inner shell; a list of folders
  unshare --mount --propagation slave sh -c '
        state=$1 resolver=$2; shift 2
        for name; do mount --bind "$state/fixed$name" "$name" || exit 1; done
        mount --bind "$resolver" /etc/resolv.conf && mount --make-rshared / && exec sleep 60' \
    sh "$NODE_STATE" "$CONF/resolv.conf" $FIXED_FOLDERS &
  local holder=$!
  wait_for 5 "the mounts of $NODE_NAME" "" is_sleeping "$holder" || die "no mounts for $NODE_NAME"
  mount --bind "/proc/$holder/ns/mnt" "$NODE_MOUNTS"
  kill "$holder"
}

make_node_cgroup() {
  local folder
  for folder in $(cgroup_folders "$CGROUP"); do
    mkdir -p "$folder/$NODE_NAME"
    if [ -f "$folder/cgroup.controllers" ]; then
      enable_controllers "$folder"
      enable_controllers "$folder/$NODE_NAME"
    elif [ -f "$folder/cpuset.cpus" ]; then
      copy_cpuset "$folder" "$NODE_NAME"
    fi
  done
}

write_node_configuration() {
  render "$LIB/conf/containerd-$(kubernetes_source "$KUBERNETES").toml" >"$NODE_CONF/containerd.toml"
  render "$LIB/conf/cni.conflist" >"$NODE_CONF/cni/10-test-cluster.conflist"
  render "$LIB/conf/kubelet-$(kubernetes_source "$KUBERNETES").yaml" >"$NODE_CONF/kubelet.yaml"
  render "$LIB/conf/kubelet.yaml" >>"$NODE_CONF/kubelet.yaml"
  render_proxy >"$NODE_CONF/proxy.yaml"
}

start_on_node() {
  local name=$1
  shift
  start_inside "$name@$NODE_NAME" --net="/run/netns/$NODE_NS" --mount="$NODE_MOUNTS" "$@"
}

part_containerd() { start_on_node containerd env PATH="$PATH" containerd --config "$NODE_CONF/containerd.toml"; }

part_kubelet() {
  local flags=()
  [ "$(kubernetes_source "$KUBERNETES")" != debian ] || flags=(--container-runtime=remote)
  # Without the variable its credential provider looks for a cloud for six seconds.
  start_on_node kubelet env AWS_EC2_METADATA_DISABLED=true "$BIN/kubelet" --config="$NODE_CONF/kubelet.yaml" \
    --kubeconfig="$KUBECONFIGS/$NODE_NAME" --root-dir="$NODE_STATE/kubelet" --cert-dir="$NODE_STATE/kubelet/pki" \
    "${flags[@]}" --container-runtime-endpoint="unix://$CONTAINERD_SOCKET" \
    --hostname-override="$NODE_NAME" --node-ip="$NODE_IP","$NODE_IP6"
}

part_proxy() { start_on_node proxy "$BIN/kube-proxy" --config="$NODE_CONF/proxy.yaml"; }

# start_node_processes NAME: those that do not run.
start_node_processes() {
  use_node "$1"
  local part
  for part in $NODE_PARTS; do
    is_running "$part@$NODE_NAME" || "part_$part"
  done
}

node_containerd_answers() {
  use_node "$1"
  ctr --address "$CONTAINERD_SOCKET" version
}

# The controller that hands out pod ranges waits ten seconds before its first look at the nodes; these are the ones of
# the CNI configuration.
give_pod_ranges() {
  use_node "$1"
  admin_kubectl patch node "$NODE_NAME" --type=merge \
    -p "{\"spec\":{\"podCIDR\":\"$NODE_POD_CIDR\",\"podCIDRs\":[\"$NODE_POD_CIDR\",\"$NODE_POD_CIDR6\"]}}"
}

node_is_ready() {
  [ "$(admin_kubectl get node "$1" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = True ]
}

node_is_not_ready() { ! node_is_ready "$1"; }

nodes_are_ready() {
  local name
  for name in $(running_nodes); do node_is_ready "$name" || return 1; done
}

# `scripts/cluster node VERB NAME`: what happens to machines.
verb_node() {
  local action=${1:-} name=${2:-}
  [[ " stop start kill cut drain " == *" $action "* ]] ||
    die "node: stop, start, kill, cut or drain, then a node${action:+, not $action}"
  need_up
  [ -n "$name" ] && [ -d "$STATE/$name" ] && [[ " $(node_names | xargs) " == *" $name "* ]] ||
    die "node $action: there is no node ${name:-without a name}; the nodes are: $(node_names | xargs)"
  [ $# = 2 ] || die "node $action: one node at a time"
  take_lock
  use_node "$name"
  "node_$action"
}

# Switched off in order: what runs in pods is told, then everything ends.
node_stop() {
  touch "$NODE_STATE/away"
  end_process "kubelet@$NODE_NAME"
  signal_all TERM "$(cgroup_pids "$NODE_CGROUP")"
  wait_for 5 "end of the pods of $NODE_NAME" "" cgroup_has_ended "$NODE_CGROUP" 2>/dev/null || true
  node_end
  say "$NODE_NAME is stopped"
}

# The power is cut.
node_kill() {
  touch "$NODE_STATE/away"
  local part
  for part in $NODE_PARTS; do signal_all KILL "$(recorded_pid "$part@$NODE_NAME" || true)"; done
  node_end
  say "$NODE_NAME is killed"
}

node_end() {
  end_node_processes
  # What was mounted for pods went with them on a real machine.
  umount "$NODE_MOUNTS" 2>/dev/null || true
  rm -rf --one-file-system "$NODE_STATE/containerd/run"
}

end_node_processes() {
  end_processes "kubelet@$NODE_NAME" "proxy@$NODE_NAME"
  end_process "containerd@$NODE_NAME"
  end_shims "$CONTAINERD_SOCKET"
  end_cgroup "$NODE_CGROUP"
  remove_shim_sockets "$NODE_STATE/containerd/run" "$CTR_NAMESPACE"
}

# The node runs on, and nobody hears from it.
node_cut() {
  touch "$NODE_STATE/away"
  ip -n "$NS_CLUSTER" link set "$VETH_NODE" down
  say "$NODE_NAME is cut off"
}

# Whatever was done to it: switched on, plugged in, and takes pods again.
node_start() {
  # The control plane's end lost its second address when it went down.
  plug "$NS_CLUSTER" "$VETH_NODE" "$NODE_ROUTER" "$NODE_ROUTER6"
  route_node
  findmnt "$NODE_MOUNTS" >/dev/null || {
    umount "${NODE_MOUNTS%/*}" 2>/dev/null || true
    keep_node_mounts
  }
  local heartbeat
  heartbeat=$(node_heartbeat)
  # A kubelet that finds no containerd ends.
  is_running "containerd@$NODE_NAME" || part_containerd
  wait_for 30 "containerd answering on $NODE_NAME" "$LOGS/containerd@$NODE_NAME.log" node_containerd_answers "$NODE_NAME" ||
    die "no containerd on $NODE_NAME"
  start_node_processes "$NODE_NAME"
  rm -f "$NODE_STATE/away"
  wait_for 60 "$NODE_NAME being Ready" "$LOGS/kubelet@$NODE_NAME.log" node_is_back "$heartbeat" ||
    die "$NODE_NAME is not Ready"
  admin_kubectl uncordon "$NODE_NAME" >&2
}

node_heartbeat() { admin_kubectl -n kube-node-lease get lease "$NODE_NAME" -o jsonpath='{.spec.renewTime}'; }

# What is written of a node that was away for a short time only still says Ready.
node_is_back() { [ "$(node_heartbeat)" != "$1" ] && node_is_ready "$NODE_NAME"; }

node_drain() {
  admin_kubectl drain "$NODE_NAME" --ignore-daemonsets --delete-emptydir-data --force --timeout=120s >&2 ||
    die "$NODE_NAME could not be drained"
}
