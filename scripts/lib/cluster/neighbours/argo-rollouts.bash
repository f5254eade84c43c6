# The controller of Argo's Rollouts.

about_argo-rollouts() { echo "the controller of Rollouts"; }
programs_argo-rollouts() { echo argo-rollouts; }

add_argo-rollouts() {
  import_images "$(ensure_image argo-rollouts)"
  apply_crds argo-rollouts
  apply_neighbour argo-rollouts
  wait_for_rollout argo-rollouts deployment/argo-rollouts
}

rootfs_argo-rollouts() {
  cp "$(program_folder argo-rollouts)/rollouts-controller" "$1/"
  mkdir -p "$1/home/argo-rollouts" "$1/tmp"
}

# A new revision starts beside the old one, waits half way, and takes over when it is told to.
shown_argo-rollouts() {
  import_images "$(ensure_image echo)"
  make_shown_namespace
  apply_manifest neighbours/rollout-shown
  shown "a Rollout is healthy" 90 rollout_is Healthy first first
  admin_kubectl -n "$SHOWN_NAMESPACE" patch rollout canary --type=json \
    -p '[{"op": "replace", "path": "/spec/template/spec/containers/0/env/1/value", "value": "second"}]' >&2
  shown "its new revision waits beside the old one" 90 rollout_is Paused first second
  admin_kubectl -n "$SHOWN_NAMESPACE" patch rollout canary --subresource=status --type=merge \
    -p '{"status": {"pauseConditions": null}}' >&2
  shown "and takes over when told to" 90 rollout_is Healthy second second
  rm -f "$CONF/neighbours/rollout-shown.yaml"
  drop_shown_namespace
}

# rollout_is PHASE NAME...: its phase, and what its pods call themselves.
rollout_is() {
  local phase=$1
  shift
  [ "$(admin_kubectl -n "$SHOWN_NAMESPACE" get rollout canary -o jsonpath='{.status.phase}')" = "$phase" ] || return 1
  [ "$(admin_kubectl -n "$SHOWN_NAMESPACE" get pods -l app=canary --field-selector status.phase=Running \
    -o jsonpath='{range .items[*]}{.spec.containers[0].env[1].value}{"\n"}{end}' | sort | xargs)" = "$*" ]
}

remove_argo-rollouts() {
  drop_shown_namespace
  # Rollouts go with their kind, and their pods with them, as long as there is somebody to clean up.
  delete_crds argo-rollouts
  delete_neighbour argo-rollouts
  unload_image argo-rollouts
}
