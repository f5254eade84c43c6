# The figures of `kubectl top`, by an API server behind the API server.

about_metrics-server() { echo "kubectl top"; }
programs_metrics-server() { echo metrics-server; }

add_metrics-server() {
  import_images "$(ensure_image metrics-server)"
  apply_neighbour metrics-server
  wait_for_rollout kube-system deployment/metrics-server
  wait_for 60 "the API of metrics being available" "" admin_kubectl wait --for=condition=Available --timeout=1s \
    apiservice/v1beta1.metrics.k8s.io || {
    explain_pods kube-system
    die "no API of metrics"
  }
}

rootfs_metrics-server() {
  cp "$(program_folder metrics-server)/metrics-server" "$1/"
  mkdir -m 1777 "$1/tmp"
}

# Two readings of each kubelet are needed before there is a figure.
shown_metrics-server() {
  shown "kubectl top has figures of every node" 90 all_nodes_have_figures
  shown "kubectl top has figures of a pod" 90 pods_have_figures
  admin_kubectl top nodes >&2
}

all_nodes_have_figures() {
  [ "$(admin_kubectl top nodes --no-headers | grep -cE '^node[0-9]+ +[0-9]+m ')" = "$(running_nodes | wc -l)" ]
}

pods_have_figures() { admin_kubectl -n kube-system top pods --no-headers | grep -qE '^coredns-[^ ]+ +[0-9]+m +[0-9]+Mi'; }

remove_metrics-server() {
  delete_neighbour metrics-server
  unload_image metrics-server
}
