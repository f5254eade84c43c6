# Sourced by scripts/bench: ours and the other program, one after the other, each with its own home and its own manager.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

OWN=$PWD/target/dist/telepresence/bin/telepresence
TEL=$OWN PROGRAM_ENV=()
HAS_MANAGER=no

# measure_program ours|other: all rows of one program.
measure_program() {
  local row
  PROGRAM=$1
  enter_program || {
    local why
    why=$(cat "$WHY")
    for row in "${rows[@]}"; do
      ROW=$row
      not_measured "$row" error "$why"
    done
    leave_program || true
    return 0
  }
  for row in "${rows[@]}"; do run_row "$row"; done
  leave_program || { ROW=manager && not_measured "the traffic-manager's removal" error "$(cat "$WHY")"; }
}

enter_program() {
  TEL=$OWN
  [ "$PROGRAM" = ours ] || TEL=$peer
  program_home "$WORK/$PROGRAM"
  needs_cluster || return 0
  : >"$WHY"
  if [ "$PROGRAM" = other ]; then
    [ ${#peer_images[@]} = 0 ] || must "loading its images failed" "$CLUSTER" load "${peer_images[@]}" || return
    open_default_route || return
  fi
  install_manager
}

# A folder of its own for all that a program keeps in a user's home. The path is short: a socket's may not be long.
program_home() {
  mkdir -p "$1"/{config,cache,data,state,run}
  chmod 700 "$1/run"
  PROGRAM_ENV=(HOME="$1" XDG_CONFIG_HOME="$1/config" XDG_CACHE_HOME="$1/cache" XDG_DATA_HOME="$1/data"
    XDG_STATE_HOME="$1/state" XDG_RUNTIME_DIR="$1/run")
}

# Ends what the program has running, and removes the manager if the next one, or whoever comes, would meet it.
leave_program() {
  stop_forward
  stop_local
  [ ${#PROGRAM_ENV[@]} -gt 0 ] && needs_cluster && [ -n "${ECHO_URL:-}" ] || return 0
  local code=0
  docker_end
  stop_copies
  tel quit -s >/dev/null 2>&1 || true
  [ "$HAS_MANAGER" = no ] || [ -z "$peer" ] || remove_manager || code=1
  close_default_route
  PROGRAM_ENV=()
  return "$code"
}

# Its deployment, or what Helm remembers of it; other things may outlive both.
manager_is_there() {
  kube get statefulset,deployment,secret -n ambassador -o name 2>/dev/null | grep -E '/(sh.helm.release.v1.)?traffic-manager(.v[0-9]+)?$' >/dev/null
}

# Always afresh: the one that is there may be another program's, or of another build. Arguments are Helm's.
# shellcheck disable=SC2120  # scale.bash has some
install_manager() {
  local extra=() kind=statefulset
  [ "$PROGRAM" = ours ] || kind=deployment
  [ "$PROGRAM" = ours ] || extra=(${peer_helm[@]+"${peer_helm[@]}"})
  ! manager_is_there || remove_manager || return
  HAS_MANAGER=yes
  must "helm install failed" admin "$TEL" helm install --set clientRbac.create=true --set-json \
    'clientRbac.subjects=[{"kind":"Group","name":"developers","apiGroup":"rbac.authorization.k8s.io"}]' \
    ${extra[@]+"${extra[@]}"} "$@" || return
  must "the traffic-manager did not become ready" kube -n ambassador rollout status "$kind/traffic-manager" --timeout=120s || return
  admin "$TEL" quit -s >/dev/null 2>&1 || true
}

# By the program's own command, and by hand what that leaves: it may wait for something that never comes.
remove_manager() {
  echo "removing the traffic-manager" >&2
  LIMIT=120 admin "$TEL" helm uninstall >"$SAID" 2>&1 </dev/null || echo "helm uninstall failed, removed by hand: $(said)" >&2
  admin "$TEL" quit -s >/dev/null 2>&1 || true
  ! manager_is_there || remove_manager_by_hand
  ! manager_is_there || fail "the traffic-manager could not be removed" || return
  HAS_MANAGER=no
  local workload
  for workload in echo example-app; do
    within "$LATE" settled "$workload" none || kube rollout restart "deployment/$workload" >/dev/null 2>&1
    within "$LATE" settled "$workload" none || fail "$workload still has an agent after the traffic-manager's end" || return
  done
}

# Helm marks what belongs to a release.
remove_manager_by_hand() {
  local kind space name
  kube delete namespace ambassador --timeout=120s >&2 || true
  kube get mutatingwebhookconfigurations,validatingwebhookconfigurations,clusterroles,clusterrolebindings,roles,rolebindings \
    --all-namespaces -o json | jq -r '.items[] | select(.metadata.annotations["meta.helm.sh/release-name"] == "traffic-manager")
      | "\(.kind) \(.metadata.namespace // "-") \(.metadata.name)"' >"$WORK/left" || true
  while read -r kind space name; do
    [ "$space" != - ] || space=default
    kube delete "$kind" "$name" -n "$space" --ignore-not-found >&2 </dev/null || true
  done <"$WORK/left"
}
