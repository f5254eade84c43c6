# Names, folders and small tools that every other file of the test cluster uses.
# shellcheck disable=SC2034  # what is said here is used there

CACHE=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/telepresence-test-cluster
SYSTEM_PATH=$PATH

say() { printf '%s\n' "$*" >&2; }
step() { printf '==> %s\n' "$*" >&2; }
die() {
  printf 'cluster: %s\n' "$*" >&2
  exit 1
}

# Two clusters can be up at once: today's has the plain names, any other carries its own in all that it makes, so that
# stale state is found by exact name.
#   name_cluster KUBERNETES INSTANCE
name_cluster() {
  KUBERNETES=$1
  INSTANCE=$2
  local suffix=${2:+-$2}
  NS_CLUSTER=tp$suffix-cluster
  NS_LAPTOP=tp$suffix-laptop
  NS_LAPTOP_2=tp$suffix-laptop-2
  NS_NODE_PREFIX=tp$suffix-
  # State is large (etcd, image layers) and holds sockets; it lives on disk and `down` removes it.
  STATE=$STATES$suffix
  CGROUP=telepresence-test-cluster$suffix
  LOCK=/run/lock/telepresence-test-cluster$suffix
  PKI=$STATE/pki
  LOGS=$STATE/log
  AUDIT=$STATE/audit
  PIDS=$STATE/pid
  KUBECONFIGS=$STATE/kubeconfig
  CONF=$STATE/conf
  LAPTOP_MOUNTS=$STATE/laptop/mounts
  LAPTOP_MOUNTS_2=$STATE/laptop-2/mounts
  LAPTOP_UTS_2=$STATE/laptop-2/uts
  DOCKER=$STATE/docker
  DOCKER_SOCKET=$DOCKER/docker.sock
  DOCKER_CONTAINERD=$DOCKER/containerd/containerd.sock
  DOCKER_CGROUP=$CGROUP/docker
  DOCKER_ACCOUNT=tp${suffix//./}-dev
  # Far from the numbers of people, and of users in images; one for each name.
  DOCKER_ACCOUNT_ID=21650
  [ -z "$2" ] || DOCKER_ACCOUNT_ID=$((21651 + $(cksum <<<"$2" | cut -d' ' -f1) % 300))
  DOCKER_KIND=$DOCKER/kind
  BIN=$CACHE/kubernetes-$KUBERNETES/bin
  choose_programs
}

# The programs of the node and the control plane come first in PATH, so that nothing of the machine's is taken for them.
choose_programs() {
  PATH=$BIN:$SYSTEM_PATH
  [ "$(kubernetes_source "$KUBERNETES")" = debian ] || PATH=$(modules_path):$PATH
  export PATH
}

modules_path() { printf '%s:%s:%s' "$(program_folder containerd)" "$(program_folder runc)" "$(program_folder etcd)"; }

STATES=/var/lib/telepresence-test-cluster
STATES_LOCK=/run/lock/telepresence-test-cluster.machine

# The names of the links are seen in the namespaces only, and need not differ between clusters.
VETH_CLUSTER=tp-veth-c
VETH_LAPTOP=tp-veth-l
# A second laptop, where a test asks for one, has a wire of its own.
VETH_CLUSTER_2=tp-veth-c2
VETH_LAPTOP_2=tp-veth-l2
# The control plane's end of the laptop's wire, and with it the address of the API server.
CONTROL_IP=198.18.0.1
LAPTOP_IP=198.18.0.2
CONTROL_IP6=fd5a:1e00::1
LAPTOP_IP6=fd5a:1e00::2
CONTROL_IP_2=198.18.1.1
LAPTOP_IP_2=198.18.1.2
CONTROL_IP6_2=fd5a:1e00:1::1
LAPTOP_IP6_2=fd5a:1e00:1::2
# What the machines of the cluster have: control plane, nodes, laptops.
MACHINES_CIDR=198.18.0.0/15
MACHINES_CIDR6=fd5a:1e00::/32
SERVICE_CIDR=10.96.0.0/16
POD_CIDR=10.244.0.0/16
SERVICE_CIDR6=fd5a:1e00:96::/112
POD_CIDR6=fd5a:1e00:244::/56
API_SERVICE_IP=10.96.0.1
DNS_SERVICE_IP=10.96.0.10
CTR_NAMESPACE=k8s.io

need_root() { [ "$(id -u)" = 0 ] || die "this needs root: namespaces, mounts and cgroups are made"; }

# One `up`, `down` or `samples` at a time; the lock lies outside of the state, which `down` removes.
take_lock() {
  [ -z "${LOCK_FD:-}" ] || return 0
  exec {LOCK_FD}>"$LOCK"
  flock --wait 900 "$LOCK_FD" || die "another scripts/cluster has been at work for 15 minutes"
}

# For what must not be begun twice.
take_lock_at_once() {
  exec {LOCK_FD}>"$LOCK"
  flock --nonblock "$LOCK_FD" || die "another scripts/cluster is at work on this cluster: wait for its end"
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
    sleep 0.1
  done
}

show_tail() {
  [ -n "$1" ] && [ -f "$1" ] || return 0
  say "--- last lines of $1"
  tail -n 25 "$1" >&2
  say "---"
}

# Runs a command with the control plane's network. Not `ip netns exec`: that remounts /sys and hides the
# cgroups which kubelet and containerd need.
in_cluster() { nsenter --net="/run/netns/$NS_CLUSTER" "$@"; }

admin_kubectl() { in_cluster "$BIN/kubectl" --kubeconfig="$KUBECONFIGS/admin" "$@"; }
