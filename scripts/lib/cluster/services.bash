# The processes of the cluster, in the order in which they start.

PARTS="etcd apiserver controller-manager scheduler containerd kubelet proxy dns public-web"
DUAL_STACK=--feature-gates=IPv6DualStack=true

# render TEMPLATE: fills in the @NAMES@ of the folder and addresses.
render() {
    local name script=
    for name in STATE PKI CONF KUBECONFIGS CGROUP CONTAINERD_SOCKET DOCKER DOCKER_SOCKET DOCKER_CONTAINERD \
        DOCKER_CGROUP DOCKER_ACCOUNT DNS_SERVICE_IP NODE_NAME POD_CIDR POD_CIDR6 NODE_POD_CIDR NODE_POD_CIDR6 NODE_IP NODE_IP6 DNS_PORT; do
        script+="s|@$name@|${!name}|g;"
    done
    sed "$script" "$1"
}

write_configuration() {
    mkdir -p "$CONF/cni"
    render "$LIB/conf/containerd.toml" >"$CONF/containerd.toml"
    render "$LIB/conf/cni.conflist" >"$CONF/cni/10-test-cluster.conflist"
    render "$LIB/conf/kubelet.yaml" >"$CONF/kubelet.yaml"
    render "$LIB/conf/proxy.yaml" >"$CONF/proxy.yaml"
    printf 'nameserver %s\n' "$NODE_IP" >"$CONF/resolv.conf"
}

# part_NAME starts one process; `part start NAME` uses the same, for tests that take one away.
part_etcd() {
    start etcd etcd --name test --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
        --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
        --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
        --initial-cluster test=http://127.0.0.1:2380
}

part_apiserver() {
    start apiserver "$BIN/kube-apiserver" $DUAL_STACK --etcd-servers=http://127.0.0.1:2379 \
        --advertise-address="$NODE_IP" --bind-address=:: --secure-port=6443 \
        --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
        --service-cluster-ip-range="$SERVICE_CIDR","$SERVICE_CIDR6" \
        --client-ca-file="$PKI/ca.crt" --tls-cert-file="$PKI/apiserver.crt" \
        --tls-private-key-file="$PKI/apiserver.key" \
        --service-account-issuer=https://kubernetes.default.svc \
        --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
        --kubelet-client-certificate="$PKI/apiserver-kubelet.crt" \
        --kubelet-client-key="$PKI/apiserver-kubelet.key" --kubelet-preferred-address-types=InternalIP
}

part_controller-manager() {
    start controller-manager "$BIN/kube-controller-manager" $DUAL_STACK \
        --kubeconfig="$KUBECONFIGS/controller-manager" --bind-address=127.0.0.1 --leader-elect=false \
        --cluster-cidr="$POD_CIDR","$POD_CIDR6" --service-cluster-ip-range="$SERVICE_CIDR","$SERVICE_CIDR6" \
        --allocate-node-cidrs=false --use-service-account-credentials=true \
        --root-ca-file="$PKI/ca.crt" --service-account-private-key-file="$PKI/sa.key" \
        --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key"
}

part_scheduler() {
    start scheduler "$BIN/kube-scheduler" --kubeconfig="$KUBECONFIGS/scheduler" \
        --bind-address=127.0.0.1 --leader-elect=false
}

part_containerd() { start containerd containerd --config "$CONF/containerd.toml"; }

part_kubelet() {
    # Without the variable its credential provider looks for a cloud for six seconds.
    start kubelet env AWS_EC2_METADATA_DISABLED=true "$BIN/kubelet" --config="$CONF/kubelet.yaml" --kubeconfig="$KUBECONFIGS/kubelet" \
        --root-dir="$STATE/kubelet" --cert-dir="$STATE/kubelet/pki" \
        --container-runtime=remote --container-runtime-endpoint="unix://$CONTAINERD_SOCKET" \
        --hostname-override="$NODE_NAME" --node-ip="$NODE_IP","$NODE_IP6"
}

part_proxy() { start proxy "$BIN/kube-proxy" --config="$CONF/proxy.yaml"; }

api_answers() { admin_kubectl get --raw=/readyz; }
default_account_exists() { admin_kubectl -n default get serviceaccount default; }
containerd_answers() { ctr --address "$CONTAINERD_SOCKET" version; }
node_is_ready() {
    admin_kubectl get node "$NODE_NAME" -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}' | grep -qx True
}

# The controller that hands out pod ranges waits ten seconds before its first look at the nodes. There
# is one node, so its ranges are written here; they are the ones of the CNI configuration.
give_pod_ranges() {
    admin_kubectl patch node "$NODE_NAME" --type=merge \
        -p "{\"spec\":{\"podCIDR\":\"$NODE_POD_CIDR\",\"podCIDRs\":[\"$NODE_POD_CIDR\",\"$NODE_POD_CIDR6\"]}}"
}

start_control_plane() {
    step "starting etcd and the API server"
    part_etcd
    part_apiserver
    part_containerd
    wait_for 30 "containerd answering" "$LOGS/containerd.log" containerd_answers || die "no containerd"
    import_image "$(ensure_image pause)"
    wait_for 60 "the API server answering" "$LOGS/apiserver.log" api_answers || die "no API server"
}

start_node() {
    step "starting the node"
    part_kubelet
    part_controller-manager
    part_proxy
    part_scheduler
    wait_for 60 "the node's registration" "$LOGS/kubelet.log" give_pod_ranges || die "no node"
}

wait_for_node() {
    wait_for 60 "the node being Ready" "$LOGS/kubelet.log" node_is_ready || die "the node is not Ready"
    wait_for 30 "the default service account" "$LOGS/controller-manager.log" default_account_exists \
        || die "no service accounts"
}

# The first writes after the API server's start can meet a controller that is not there yet.
apply_manifest() {
    render "$LIB/manifests/$1.yaml" >"$CONF/$1.yaml"
    wait_for 20 "applying $1" "" admin_kubectl apply -f "$CONF/$1.yaml" \
        || { admin_kubectl apply -f "$CONF/$1.yaml" >&2 || true; die "could not apply $1"; }
}
