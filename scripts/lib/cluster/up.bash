# The commands that concern the cluster as a whole.

verb_up() {
    take_lock
    if is_healthy; then
        findmnt "$LAPTOP_MOUNTS" >/dev/null || keep_laptop_mounts
        say "the cluster is up already"
        return
    fi
    local begin=$SECONDS
    install_packages
    ensure_kubernetes
    ensure_dns_program
    if anything_left; then
        step "clearing what an earlier run has left"
        remove_everything
    fi
    prepare_state
    start_control_plane
    start_dns
    start_node
    apply_rights
    wait_for_node
    wait_for_dns
    say "the cluster is up ($((SECONDS - begin)) s)"
}

prepare_state() {
    mkdir -p "$STATE" "$LOGS" "$PIDS" "$CONF" "$STATE/containerd"
    remember_machine
    setup_network
    make_cgroups
    make_certificates
    make_kubeconfigs
    write_configuration
    mkdir -p "$STATE/bin"
    compile echo "$STATE/bin/echo"
}

apply_rights() { apply_manifest rights; }

verb_down() {
    take_lock
    if anything_left; then
        remove_everything
        say "the cluster is down"
    else
        say "the cluster is down already"
    fi
    if anything_left; then die "something could not be removed: see $STATE, ip netns, $(cgroup_folders "$CGROUP")"; fi
}

all_parts_run() {
    local name
    for name in $PARTS; do is_running "$name" || return 1; done
}

is_healthy() { all_parts_run && node_is_ready 2>/dev/null && dns_answers; }

need_up() { is_running apiserver || [ -f "$KUBECONFIGS/admin" ] || die "the cluster is not up: run scripts/cluster up"; }

verb_status() {
    local name pid healthy=0
    [ -d "$STATE" ] || { say "the cluster is down"; return 1; }
    for name in $PARTS; do
        if pid=$(recorded_pid "$name"); then printf '%-20s running, pid %s\n' "$name" "$pid"
        else printf '%-20s not running; log: %s\n' "$name" "$LOGS/$name.log"; fi
    done
    is_healthy || healthy=1
    if is_running apiserver; then
        admin_kubectl --request-timeout=5s get nodes,pods --all-namespaces -o wide || healthy=1
    fi
    [ $healthy = 0 ] && echo "the cluster is up" || echo "the cluster is not healthy"
    return $healthy
}

verb_load() {
    need_up
    [ $# -gt 0 ] || die "load: which tar?"
    local tar
    for tar in "$@"; do
        [ -f "$tar" ] || die "load: no such file: $tar"
        import_image "$tar"
    done
}

exec_admin_kubectl() {
    exec nsenter --net="/run/netns/$NS_CLUSTER" env KUBECONFIG="$KUBECONFIGS/admin" kubectl "$@"
}

# Tests take the API server away for a while, or freeze it; then its record stays.
verb_part() {
    local action=${1:-} name=${2:-} pid
    need_up
    take_lock
    [[ " $PARTS $DOCKER_PARTS " == *" $name "* ]] || die "part: the parts are: $PARTS $DOCKER_PARTS"
    case $action in
        start) is_running "$name" || "part_$name" ;;
        stop) end_process "$name" ;;
        kill | freeze | thaw)
            pid=$(recorded_pid "$name") || die "part: $name does not run"
            kill "-$(signal_of "$action")" "$pid"
            ;;
        *) die "part: start, stop, kill, freeze or thaw" ;;
    esac
}

signal_of() { case $1 in kill) echo KILL ;; freeze) echo STOP ;; thaw) echo CONT ;; esac; }

print_env() {
    cat <<TEXT
TEST_CLUSTER_NETNS=$NS_CLUSTER
TEST_LAPTOP_NETNS=$NS_LAPTOP
TEST_CLUSTER_IP=$NODE_IP
TEST_LAPTOP_IP=$LAPTOP_IP
TEST_CLUSTER_IP6=$NODE_IP6
TEST_LAPTOP_IP6=$LAPTOP_IP6
TEST_SERVICE_CIDRS=$SERVICE_CIDR,$SERVICE_CIDR6
TEST_POD_CIDRS=$POD_CIDR,$POD_CIDR6
TEST_KUBECONFIG_DEVELOPER=$KUBECONFIGS/developer
TEST_KUBECONFIG_ADMIN=$KUBECONFIGS/admin
TEST_KUBECONFIG_NORIGHTS=$KUBECONFIGS/norights
TEST_KUBECONFIG_EXPIRED=$KUBECONFIGS/expired
TEST_CLUSTER_LOGS=$LOGS
TEST_CONTAINERD_SOCKET=$CONTAINERD_SOCKET
TEST_DOCKER_HOST=unix://$DOCKER_SOCKET
TEST_DOCKER_ACCOUNT=$DOCKER_ACCOUNT
TEXT
}
