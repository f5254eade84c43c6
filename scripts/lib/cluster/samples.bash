# The sample workloads that tests and the demo engage; with names, extra sets that nobody needs for those.

verb_samples() {
  if [ $# -gt 0 ]; then
    local file
    for file in sets proofs; do
      # shellcheck source=/dev/null
      . "$LIB/samples/$file.bash"
    done
    run_sample_sets "$@"
  else
    start_basic_samples
  fi
}

start_basic_samples() {
  take_lock
  need_up
  install_packages
  local name
  local tars=()
  for name in echo tools nginx java; do tars+=("$(ensure_image $name)"); done
  import_images "${tars[@]}"
  make_sample_secrets
  step "starting the sample workloads"
  apply_manifest samples
  apply_manifest web
  wait_for_samples
  admin_kubectl get pods,services -o wide --all-namespaces --selector sample
}

# For other clusters than this one.
verb_images() {
  take_lock
  install_packages
  local name
  for name in echo tools java; do ensure_image $name; done
}

# Certificates of the cluster's authority: the web server's, and the one that it asks its callers for.
make_sample_secrets() {
  ! admin_kubectl -n default get secret web web-caller >/dev/null 2>&1 || return 0
  make_certificate web /CN=web 3650 subjectAltName=DNS:web,DNS:web.default,DNS:web.default.svc.cluster.local
  make_certificate web-caller /CN=web-caller
  local name
  for name in web web-caller; do
    admin_kubectl -n default delete secret "$name" --ignore-not-found >&2
    admin_kubectl -n default create secret generic "$name" --from-file=tls.crt="$PKI/$name.crt" \
      --from-file=tls.key="$PKI/$name.key" --from-file=ca.crt="$PKI/ca.crt" >&2
  done
}

wait_for_samples() {
  local namespace workload
  for namespace in default other; do
    for workload in $(admin_kubectl -n $namespace get deployments,statefulsets -l sample -o name); do
      admin_kubectl -n $namespace rollout status "$workload" --timeout=90s >&2 ||
        {
          explain_samples $namespace
          die "$workload in $namespace is not ready"
        }
    done
  done
  admin_kubectl wait --for=condition=Ready pod/caller --timeout=60s >&2 || die "pod caller is not ready"
}

explain_samples() {
  admin_kubectl -n "$1" get pods -l sample >&2 || true
  admin_kubectl -n "$1" get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 15 >&2
}
