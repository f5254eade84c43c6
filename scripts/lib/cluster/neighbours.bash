# Real neighbours of the product: what `scripts/cluster add` starts and `remove` takes away. Each has a file of functions in
# neighbours/, and its objects in manifests/neighbours/:
#   about_NAME       what it is, in a few words          programs_NAME   the program sets of versions.bash that it needs
#   add_NAME         starts it and waits until it runs   shown_NAME      shows that it does what it is there for
#   remove_NAME      takes all of it away, also half of it
#   refused_NAME     where it is there: why it does not run with this Kubernetes, or nothing

NEIGHBOURS="registry network-policies metrics-server argo-rollouts ingress cert-manager"
# Those that run as processes of the control plane.
# shellcheck disable=SC2034  # for part, in nodes
NEIGHBOUR_PARTS="registry"

for file in $NEIGHBOURS; do
  # shellcheck source=/dev/null
  . "$LIB/neighbours/$file.bash"
done

verb_add() {
  [ $# -gt 0 ] || {
    list_neighbours
    return
  }
  check_neighbour add "$@"
  need_up
  take_lock
  local name=$1 begin=$SECONDS refused
  refused=$(refusal "$name")
  [ -z "$refused" ] || die "add: no $name with Kubernetes $KUBERNETES: $refused"
  install_packages
  # Whatever has to be built is there before anything is started.
  # shellcheck disable=SC2046  # a list of names
  ensure_programs $("programs_$name")
  if ! is_added "$name"; then
    mkdir -p "$STATE/neighbours"
    touch "$STATE/neighbours/$name"
    # Half a neighbour is worse than none.
    trap 'undo_add "$name" "$?"' EXIT
  fi
  ADDING=$name
  step "adding $(neighbour_versions "$name")"
  "add_$name"
  step "showing that it works"
  "shown_$name"
  trap - EXIT
  say "$name is added ($((SECONDS - begin)) s): $(neighbour_versions "$name")"
}

undo_add() {
  trap - EXIT ERR
  set +e
  ("remove_$1")
  rm -f "$STATE/neighbours/$1"
  exit "$2"
}

verb_remove() {
  [ $# -gt 0 ] || {
    list_neighbours
    return
  }
  check_neighbour remove "$@"
  need_up
  take_lock
  if is_added "$1"; then
    "remove_$1"
    rm -f "$STATE/neighbours/$1"
    say "$1 is removed"
  else
    say "$1 is not there"
  fi
}

check_neighbour() {
  [[ " $NEIGHBOURS " == *" $2 "* ]] || die "$1: there is no neighbour $2; there are: $NEIGHBOURS"
  [ $# = 2 ] || die "$1: one neighbour at a time"
}

refusal() { ! declare -F "refused_$1" >/dev/null || "refused_$1"; }

is_floor() { [ "$(kubernetes_source "$KUBERNETES")" = debian ]; }

is_added() { [ -e "$STATE/neighbours/$1" ]; }

list_neighbours() {
  local name
  for name in $NEIGHBOURS; do
    printf '%-18s%-9s%s; %s\n' "$name" "$(is_added "$name" && echo added || echo "-")" "$("about_$name")" \
      "$(neighbour_versions "$name")"
  done
}

# neighbour_versions NAME: its programs and which they are.
neighbour_versions() {
  local set text=
  for set in $("programs_$1"); do text+="${text:+, }$set $(program_version "$set")"; done
  echo "$text"
}

# apply_neighbour NAME: its page of objects.
apply_neighbour() { apply_manifest "neighbours/$1"; }

# delete_neighbour NAME: the same, and all that went into its namespaces; waits for the end of it.
delete_neighbour() {
  [ ! -f "$CONF/neighbours/$1.yaml" ] || delete_objects -f "$CONF/neighbours/$1.yaml"
  rm -f "$CONF/neighbours/$1.yaml"
}

# With all that belongs to them: pods have ended when this returns.
delete_objects() {
  admin_kubectl delete --ignore-not-found --cascade=foreground --wait --timeout=60s "$@" >&2 || die "could not delete: $*"
}

# wait_for_rollout NAMESPACE WORKLOAD
wait_for_rollout() {
  admin_kubectl -n "$1" rollout status "$2" --timeout=90s >&2 || {
    explain_pods "$1"
    die "$2 in $1 is not ready"
  }
}

explain_pods() {
  admin_kubectl -n "$1" get pods -o wide >&2 || true
  admin_kubectl -n "$1" get events --sort-by=.lastTimestamp 2>/dev/null | tail -n 15 >&2 || true
  admin_kubectl -n "$1" logs --all-containers --prefix --tail=10 --selector "test-neighbour=$ADDING" >&2 || true
}

# What a neighbour has shown is gone afterwards.
SHOWN_NAMESPACE=neighbour-shown

make_shown_namespace() {
  drop_shown_namespace
  admin_kubectl create namespace "$SHOWN_NAMESPACE" >&2
  wait_for 20 "the service account of $SHOWN_NAMESPACE" "" \
    admin_kubectl -n "$SHOWN_NAMESPACE" get serviceaccount default || die "no service account in $SHOWN_NAMESPACE"
}

drop_shown_namespace() { delete_objects namespace "$SHOWN_NAMESPACE"; }

# shown WHAT SECONDS COMMAND...: says it, or ends.
shown() {
  local what=$1 limit=$2
  shift 2
  wait_for "$limit" "$what" "" "$@" || {
    explain_pods "$SHOWN_NAMESPACE"
    die "not seen: $what"
  }
  say "    $what"
}

# apply_crds SET: the kinds that a program brings; they are too large for what `apply` writes down of objects.
apply_crds() {
  local folder
  folder=$(program_folder "$1")/crds
  wait_for 20 "applying the kinds of $1" "" admin_kubectl apply --server-side --force-conflicts -f "$folder" ||
    {
      admin_kubectl apply --server-side -f "$folder" >&2 || true
      die "could not apply the kinds of $1"
    }
  admin_kubectl wait --for=condition=Established --timeout=30s -f "$folder" >&2 || die "the kinds of $1 are not there"
}

delete_crds() { delete_objects -f "$(program_folder "$1")/crds"; }
