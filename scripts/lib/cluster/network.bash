# Namespaces and wires: the control plane in one, each node and each laptop in its own, every one joined to the control
# plane, which is the router between them. A laptop has no other link and no default route, and nothing of the cluster's
# addresses is ever routed in the machine's own namespace.

setup_network() {
  # Needed where they are modules; on a kernel that has them built in there is nothing to load.
  modprobe -a br_netfilter overlay ip_tables ip6_tables 2>/dev/null || true
  ip netns add "$NS_CLUSTER"
  ip netns add "$NS_LAPTOP"
  # Both ends are born in their namespaces, so that the machine itself never sees the link.
  ip link add "$VETH_CLUSTER" netns "$NS_CLUSTER" type veth peer name "$VETH_LAPTOP" netns "$NS_LAPTOP"
  plug "$NS_CLUSTER" "$VETH_CLUSTER" "$CONTROL_IP" "$CONTROL_IP6"
  plug "$NS_LAPTOP" "$VETH_LAPTOP" "$LAPTOP_IP" "$LAPTOP_IP6"
  cluster_sysctl net.ipv4.ip_forward=1
  cluster_sysctl net.ipv6.conf.all.forwarding=1
  route_services
  refuse_laptops
  setup_laptop_files
}

# The API server calls its webhooks by service addresses: the kernel wants a route before it asks kube-proxy's rules,
# which then send the packet elsewhere.
route_services() {
  ip -n "$NS_CLUSTER" route add "$SERVICE_CIDR" dev "$VETH_CLUSTER" src "$CONTROL_IP"
  ip -n "$NS_CLUSTER" -6 route add "$SERVICE_CIDR6" dev "$VETH_CLUSTER" src "$CONTROL_IP6"
}

# A laptop reaches the machines of the cluster and nothing inside it, also one that was given a route to pods by whatever
# means: a test which reaches a pod has gone through the product.
refuse_laptops() {
  in_cluster nft -f - <<NFT
table inet test-cluster {
    chain from-laptops {
        type filter hook prerouting priority raw
        iifname != { "$VETH_CLUSTER", "$VETH_CLUSTER_2" } accept
        ip daddr != { $MACHINES_CIDR, 224.0.0.0/4 } drop
        ip6 daddr { $POD_CIDR6, $SERVICE_CIDR6 } drop
        ip6 daddr != { $MACHINES_CIDR6, fe80::/10, ff00::/8 } drop
    }
}
NFT
}

plug() {
  ip -n "$1" link set lo up
  ip -n "$1" addr replace "$3/24" dev "$2"
  # nodad: the address is usable at once, there is nobody else on the wire.
  ip -n "$1" link set "$2" up
  ip -n "$1" addr replace "$4/64" dev "$2" nodad
}

# /proc/sys/net shows the namespace of the process that opens it.
cluster_sysctl() { in_cluster sysctl -qw "$1"; }

setup_laptop_files() {
  give_resolver "$NS_LAPTOP"
  keep_laptop_mounts
}

give_resolver() {
  mkdir -p "/etc/netns/$1"
  printf 'nameserver %s\n' "$CONTROL_IP" >"/etc/netns/$1/resolv.conf"
}

keep_laptop_mounts() { keep_mounts "$NS_LAPTOP" "$LAPTOP_MOUNTS" sleep 60; }

# keep_mounts NAMESPACE FILE COMMAND...: all commands on a laptop see one set of mounts, with the laptop's resolv.conf, so
# that a volume that one command mounts is there for the next. `ip netns exec` makes a new set each time: the one in which
# COMMAND runs is kept; it ends as "sleep".
keep_mounts() {
  local namespace=$1 file=$2 folder=${2%/*} holder
  shift 2
  mkdir -p "$folder"
  mount --bind "$folder" "$folder"
  mount --make-private "$folder"
  touch "$file"
  ip netns exec "$namespace" "$@" &
  holder=$!
  wait_for 5 "the laptop's mounts" "" is_sleeping "$holder"
  mount --bind "/proc/$holder/ns/mnt" "$file"
  # The root daemon's socket and log are one for each machine, and so for each laptop.
  mkdir -p /run/telepresence /var/log/telepresence
  for folder in /run/telepresence /var/log/telepresence; do
    nsenter --mount="$file" mount -t tmpfs -o mode=755 none "$folder"
  done
  if [ -e "${file%/*}/uts" ]; then mount --bind "/proc/$holder/ns/uts" "${file%/*}/uts"; fi
  kill "$holder"
}

# A laptop of its own: network, resolver, mounts, name, and a root daemon that the first laptop does not see.
ensure_second_laptop() {
  ! second_laptop_is_there || return 0
  take_lock
  ! second_laptop_is_there || return 0
  remove_second_laptop
  ip netns add "$NS_LAPTOP_2"
  ip link add "$VETH_CLUSTER_2" netns "$NS_CLUSTER" type veth peer name "$VETH_LAPTOP_2" netns "$NS_LAPTOP_2"
  plug "$NS_CLUSTER" "$VETH_CLUSTER_2" "$CONTROL_IP_2" "$CONTROL_IP6_2"
  plug "$NS_LAPTOP_2" "$VETH_LAPTOP_2" "$LAPTOP_IP_2" "$LAPTOP_IP6_2"
  # The API server and the resolver have the same addresses for both.
  ip -n "$NS_LAPTOP_2" route add "$CONTROL_IP/32" via "$CONTROL_IP_2"
  ip -n "$NS_LAPTOP_2" -6 route add "$CONTROL_IP6/128" via "$CONTROL_IP6_2"
  give_resolver "$NS_LAPTOP_2"
  mkdir -p "${LAPTOP_UTS_2%/*}"
  touch "$LAPTOP_UTS_2"
  keep_mounts "$NS_LAPTOP_2" "$LAPTOP_MOUNTS_2" unshare --uts sh -c \
    'hostname laptop-2; exec sleep 60'
  ! is_added ingress || route_laptops add
  # A cluster of an earlier version does not have it.
  [ -f "$KUBECONFIGS/colleague" ] || {
    make_certificate colleague /O=developers/CN=colleague
    make_kubeconfig colleague >"$KUBECONFIGS/colleague"
  }
}

# An earlier cluster may have taken the other end of the wire with it.
second_laptop_is_there() {
  findmnt "$LAPTOP_MOUNTS_2" >/dev/null && ip -n "$NS_LAPTOP_2" link show "$VETH_LAPTOP_2" >/dev/null 2>&1
}

remove_second_laptop() {
  local folder=${LAPTOP_MOUNTS_2%/*}
  [ ! -e "/run/netns/$NS_LAPTOP_2" ] || signal_all KILL "$(ip netns pids "$NS_LAPTOP_2")"
  umount "$LAPTOP_MOUNTS_2" "$LAPTOP_UTS_2" 2>/dev/null || true
  umount "$folder" 2>/dev/null || true
  [ ! -e "/run/netns/$NS_LAPTOP_2" ] || ip netns delete "$NS_LAPTOP_2"
  ip -n "$NS_CLUSTER" link delete "$VETH_CLUSTER_2" 2>/dev/null || true
}

is_sleeping() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = sleep ]; }

remove_network() {
  local name
  for name in $(own_namespaces); do
    ip netns delete "$name"
  done
  for name in "$NS_LAPTOP" "$NS_LAPTOP_2"; do rm -rf "/etc/netns/$name"; done
  rmdir /etc/netns 2>/dev/null || true
}

# By exact name: another cluster's begin alike.
own_namespaces() {
  local name
  for name in "$NS_CLUSTER" "$NS_LAPTOP" "$NS_LAPTOP_2" "$NS_NODE_PREFIX"{node1,node2,node3}; do
    [ ! -e "/run/netns/$name" ] || echo "$name"
  done
}
