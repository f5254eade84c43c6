# The processes of the control plane, in the order in which they start.

# shellcheck disable=SC2034  # for up and nodes
CONTROL_PARTS="etcd apiserver controller-manager scheduler proxy-control public-dns public-web"

# The floor knows two families of addresses only when it is told to.
dual_stack() { [ "$(kubernetes_source "$KUBERNETES")" != debian ] || echo --feature-gates=IPv6DualStack=true; }

# render TEMPLATE: fills in the @NAMES@ of the folder and addresses.
render() {
  local name script=
  for name in STATE PKI CONF KUBECONFIGS CGROUP DOCKER DOCKER_SOCKET DOCKER_CONTAINERD DOCKER_CGROUP DOCKER_ACCOUNT \
    DNS_SERVICE_IP API_SERVICE_IP POD_CIDR POD_CIDR6 CONTROL_IP CONTROL_IP6 CONTAINERD_SOCKET NODE_NAME NODE_STATE \
    NODE_CONF NODE_CGROUP NODE_POD_CIDR NODE_POD_CIDR6 NODE_IP SERVICE_CIDR SERVICE_CIDR6 \
    POLICY_API BATCH_API AUTOSCALING_API FIRST_NODE LAST_NODE; do
    script+="s|@$name@|${!name:-}|g;"
  done
  sed "$script" "$1"
}

# Two families of addresses are no longer a gate to be opened, and an unknown gate is refused.
render_proxy() {
  render "$LIB/conf/proxy.yaml"
  [ -z "$(dual_stack)" ] || echo "featureGates: {IPv6DualStack: true}"
}

write_configuration() {
  mkdir -p "$CONF"
  printf 'nameserver %s\n' "$CONTROL_IP" >"$CONF/resolv.conf"
  write_public_names >"$CONF/public.Corefile"
  # The control plane calls services too; it is no node, so it speaks as the first one.
  (use_node node1 && render_proxy) >"$CONF/proxy-control.yaml"
}

# part_NAME starts one process; `part start NAME` uses the same, for tests that take one away.
part_etcd() {
  start etcd etcd --name test --data-dir "$STATE/etcd" --unsafe-no-fsync --log-level warn \
    --listen-client-urls http://127.0.0.1:2379 --advertise-client-urls http://127.0.0.1:2379 \
    --listen-peer-urls http://127.0.0.1:2380 --initial-advertise-peer-urls http://127.0.0.1:2380 \
    --initial-cluster test=http://127.0.0.1:2380
}

# Of 50 MB each, besides the one that is written.
AUDIT_BACKUPS=5

# A node that is gone is noticed after 10 seconds, and its pods are given up 20 later: after an API server that was away
# for a while, kubelets need up to 10 to be heard of again, and no pod must go for that. The keys of
# the front proxy are for API servers behind this one, such as metrics-server.
part_apiserver() {
  mkdir -p "$AUDIT"
  # shellcheck disable=SC2046  # a flag or none
  start apiserver "$BIN/kube-apiserver" $(dual_stack) --etcd-servers=http://127.0.0.1:2379 \
    --advertise-address="$CONTROL_IP" --bind-address=:: --secure-port=6443 \
    --authorization-mode=Node,RBAC --enable-admission-plugins=NodeRestriction --allow-privileged=true \
    --service-cluster-ip-range="$SERVICE_CIDR","$SERVICE_CIDR6" \
    --default-not-ready-toleration-seconds=20 --default-unreachable-toleration-seconds=20 \
    --client-ca-file="$PKI/ca.crt" --tls-cert-file="$PKI/apiserver.crt" \
    --tls-private-key-file="$PKI/apiserver.key" \
    --service-account-issuer=https://kubernetes.default.svc \
    --service-account-key-file="$PKI/sa.pub" --service-account-signing-key-file="$PKI/sa.key" \
    --requestheader-client-ca-file="$PKI/front-ca.crt" --requestheader-allowed-names=front-proxy \
    --requestheader-username-headers=X-Remote-User --requestheader-group-headers=X-Remote-Group \
    --requestheader-extra-headers-prefix=X-Remote-Extra- \
    --proxy-client-cert-file="$PKI/front-proxy.crt" --proxy-client-key-file="$PKI/front-proxy.key" \
    --kubelet-client-certificate="$PKI/apiserver-kubelet.crt" \
    --kubelet-client-key="$PKI/apiserver-kubelet.key" --kubelet-preferred-address-types=InternalIP \
    --audit-policy-file="$LIB/conf/audit-policy.yaml" --audit-log-path="$AUDIT/audit.log" \
    --audit-log-maxsize=50 --audit-log-maxbackup="$AUDIT_BACKUPS"
}

part_controller-manager() {
  # shellcheck disable=SC2046  # flags or none
  start controller-manager "$BIN/kube-controller-manager" $(dual_stack) \
    --kubeconfig="$KUBECONFIGS/controller-manager" --bind-address=127.0.0.1 --leader-elect=false \
    --cluster-cidr="$POD_CIDR","$POD_CIDR6" --service-cluster-ip-range="$SERVICE_CIDR","$SERVICE_CIDR6" \
    --allocate-node-cidrs=false --use-service-account-credentials=true \
    --node-monitor-period=1s --node-monitor-grace-period=10s \
    --root-ca-file="$PKI/ca.crt" --service-account-private-key-file="$PKI/sa.key" \
    --cluster-signing-cert-file="$PKI/ca.crt" --cluster-signing-key-file="$PKI/ca.key"
}

part_scheduler() {
  start scheduler "$BIN/kube-scheduler" --kubeconfig="$KUBECONFIGS/scheduler" \
    --bind-address=127.0.0.1 --leader-elect=false
}

part_proxy-control() { start proxy-control "$BIN/kube-proxy" --config="$CONF/proxy-control.yaml"; }

api_answers() { admin_kubectl get --raw=/readyz; }
default_account_exists() { admin_kubectl -n default get serviceaccount default; }

start_control_plane() {
  step "starting Kubernetes $KUBERNETES: etcd and the API server"
  part_etcd
  part_apiserver
  local name
  for name in $(node_names); do use_node "$name" && part_containerd; done
  part_public-dns
  part_public-web
  wait_for 60 "the API server answering" "$LOGS/apiserver.log" api_answers || die "no API server"
  part_controller-manager
  part_scheduler
}

# start_nodes NAME...: their containerds may run already.
start_nodes() {
  local name
  step "starting the nodes: $*"
  for name; do start_node_processes "$name"; done
  for name; do
    wait_for 30 "containerd answering on $name" "$LOGS/containerd@$name.log" node_containerd_answers "$name" ||
      die "no containerd on $name"
  done
  import_images "$(ensure_image pause)" "$(ensure_image coredns)"
  for name; do
    wait_for 60 "the registration of $name" "$LOGS/kubelet@$name.log" give_pod_ranges "$name" || die "no $name"
  done
  is_running proxy-control || part_proxy-control
}

wait_for_nodes() {
  local name
  for name in $(running_nodes); do
    wait_for 60 "$name being Ready" "$LOGS/kubelet@$name.log" node_is_ready "$name" || die "$name is not Ready"
  done
  wait_for 30 "the default service account" "$LOGS/controller-manager.log" default_account_exists ||
    die "no service accounts"
}

# The first writes after the API server's start can meet a controller that is not there yet.
apply_manifest() {
  mkdir -p "$(dirname "$CONF/$1")"
  render "$LIB/manifests/$1.yaml" >"$CONF/$1.yaml"
  wait_for 20 "applying $1" "" admin_kubectl apply -f "$CONF/$1.yaml" ||
    {
      admin_kubectl apply -f "$CONF/$1.yaml" >&2 || true
      die "could not apply $1"
    }
}
