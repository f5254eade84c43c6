# Two namespaces and one wire. The laptop has no other link and no default route, and nothing of the
# cluster's addresses is ever routed in the machine's own namespace.

setup_network() {
    # Needed where they are modules; on a kernel that has them built in there is nothing to load.
    modprobe -a br_netfilter overlay ip_tables ip6_tables 2>/dev/null || true
    ip netns add "$NS_CLUSTER"
    ip netns add "$NS_LAPTOP"
    # Both ends are born in their namespaces, so that the machine itself never sees the link.
    ip link add "$VETH_CLUSTER" netns "$NS_CLUSTER" type veth peer name "$VETH_LAPTOP" netns "$NS_LAPTOP"
    plug "$NS_CLUSTER" "$VETH_CLUSTER" "$NODE_IP" "$NODE_IP6"
    plug "$NS_LAPTOP" "$VETH_LAPTOP" "$LAPTOP_IP" "$LAPTOP_IP6"
    cluster_sysctl net.ipv4.ip_forward=1
    cluster_sysctl net.ipv6.conf.all.forwarding=1
    cluster_sysctl net.bridge.bridge-nf-call-iptables=1
    cluster_sysctl net.bridge.bridge-nf-call-ip6tables=1
    route_services
    setup_laptop_files
}

# The node itself calls service addresses (the API server its webhooks): the kernel wants a route before
# it asks kube-proxy's rules, which then send the packet elsewhere.
route_services() {
    ip -n "$NS_CLUSTER" route add "$SERVICE_CIDR" dev "$VETH_CLUSTER" src "$NODE_IP"
    ip -n "$NS_CLUSTER" -6 route add "$SERVICE_CIDR6" dev "$VETH_CLUSTER" src "$NODE_IP6"
}

plug() {
    ip -n "$1" link set lo up
    ip -n "$1" addr add "$3/24" dev "$2"
    # nodad: the address is usable at once, there is nobody else on the wire.
    ip -n "$1" addr add "$4/64" dev "$2" nodad
    ip -n "$1" link set "$2" up
}

# /proc/sys/net shows the namespace of the process that opens it.
cluster_sysctl() { in_cluster sysctl -qw "$1"; }

setup_laptop_files() {
    mkdir -p /etc/netns/"$NS_LAPTOP"
    printf 'nameserver %s\n' "$NODE_IP" >/etc/netns/"$NS_LAPTOP"/resolv.conf
    keep_laptop_mounts
}

# All commands on the laptop see one set of mounts, with the laptop's resolv.conf, so that a volume that one
# command mounts is there for the next. `ip netns exec` makes a new set each time: the first one is kept.
keep_laptop_mounts() {
    local folder=${LAPTOP_MOUNTS%/*} holder
    mkdir -p "$folder"
    mount --bind "$folder" "$folder"
    mount --make-private "$folder"
    touch "$LAPTOP_MOUNTS"
    ip netns exec "$NS_LAPTOP" sleep 60 &
    holder=$!
    wait_for 5 "the laptop's mounts" "" is_sleeping "$holder"
    mount --bind "/proc/$holder/ns/mnt" "$LAPTOP_MOUNTS"
    # The root daemon's socket is one for each machine, and so for each laptop.
    mkdir -p /run/telepresence
    nsenter --mount="$LAPTOP_MOUNTS" mount -t tmpfs -o mode=755 none /run/telepresence
    kill "$holder"
}

is_sleeping() { [ "$(cat "/proc/$1/comm" 2>/dev/null)" = sleep ]; }

remove_network() {
    local name
    for name in $NS_CLUSTER $NS_LAPTOP; do
        [ ! -e "/run/netns/$name" ] || ip netns delete "$name"
        rm -rf "/etc/netns/$name"
    done
    rmdir /etc/netns 2>/dev/null || true
}
