# Names, folders and small tools that every other file of the test cluster uses.

K8S_VERSION=1.20.2

# Everything of the cluster carries this prefix, so that stale state is found by exact name.
NS_CLUSTER=tp-cluster
NS_LAPTOP=tp-laptop
VETH_CLUSTER=tp-veth-c
VETH_LAPTOP=tp-veth-l
# A second laptop, where a test asks for one, has a wire of its own.
NS_LAPTOP_2=tp-laptop-2
VETH_CLUSTER_2=tp-veth-c2
VETH_LAPTOP_2=tp-veth-l2
NODE_IP=198.18.0.1
LAPTOP_IP=198.18.0.2
NODE_IP6=fd5a:1e00::1
LAPTOP_IP6=fd5a:1e00::2
NODE_IP_2=198.18.1.1
LAPTOP_IP_2=198.18.1.2
NODE_IP6_2=fd5a:1e00:1::1
LAPTOP_IP6_2=fd5a:1e00:1::2
SERVICE_CIDR=10.96.0.0/16
POD_CIDR=10.244.0.0/16
SERVICE_CIDR6=fd5a:1e00:96::/112
POD_CIDR6=fd5a:1e00:244::/56
# The only node has the first part of each.
NODE_POD_CIDR=10.244.0.0/24
NODE_POD_CIDR6=fd5a:1e00:244::/64
API_SERVICE_IP=10.96.0.1
DNS_SERVICE_IP=10.96.0.10
DNS_PORT=10053
NODE_NAME=node1

# State is large (etcd, image layers) and holds sockets; it lives on disk and `down` removes it.
STATE=/var/lib/telepresence-test-cluster
CGROUP=telepresence-test-cluster
PKI=$STATE/pki
LOGS=$STATE/log
PIDS=$STATE/pid
KUBECONFIGS=$STATE/kubeconfig
CONF=$STATE/conf
LAPTOP_MOUNTS=$STATE/laptop/mounts
LAPTOP_MOUNTS_2=$STATE/laptop-2/mounts
LAPTOP_UTS_2=$STATE/laptop-2/uts
CONTAINERD_SOCKET=$STATE/containerd/containerd.sock
CTR_NAMESPACE=k8s.io

CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/telepresence-test-cluster
BIN=$CACHE/kubernetes-$K8S_VERSION/bin

say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
die() {
    printf 'cluster: %s\n' "$*" >&2
    exit 1
}

need_root() { [ "$(id -u)" = 0 ] || die "this needs root: namespaces, mounts and cgroups are made"; }

# One `up`, `down` or `samples` at a time; the lock lies outside of the state, which `down` removes.
take_lock() {
    exec {LOCK_FD}>/run/lock/telepresence-test-cluster
    flock --wait 900 "$LOCK_FD" || die "another scripts/cluster has been at work for 15 minutes"
}

# wait_for SECONDS WHAT LOG COMMAND...: polls until COMMAND succeeds; on failure shows the tail of LOG.
wait_for() {
    local deadline=$((SECONDS + $1)) limit=$1 what=$2 log=$3
    shift 3
    until "$@" >/dev/null 2>&1; do
        if [ "$SECONDS" -ge "$deadline" ]; then
            say "cluster: $what not within $limit s"
            show_tail "$log"
            return 1
        fi
        sleep 0.2
    done
}

show_tail() {
    [ -n "$1" ] && [ -f "$1" ] || return 0
    say "--- last lines of $1"
    tail -n 25 "$1" >&2
    say "---"
}

# Runs a command with the cluster's network. Not `ip netns exec`: that remounts /sys and hides the
# cgroups which kubelet and containerd need.
in_cluster() { nsenter --net="/run/netns/$NS_CLUSTER" "$@"; }

admin_kubectl() { in_cluster kubectl --kubeconfig="$KUBECONFIGS/admin" "$@"; }
