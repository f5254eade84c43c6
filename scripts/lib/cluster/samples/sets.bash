# Extra sets of samples: each shows one kind of workload or rule of Kubernetes, in a namespace of its own. A set is a line
# here, manifests/samples/NAME.yaml, and prove_NAME, which tells whether it does what it is there for.

#   NAME  OLDEST KUBERNETES 1.X (- is any)  WHAT IT SHOWS
sample_table() {
  cat <<'TABLE'
pod-security       25  namespaces that enforce the levels privileged, baseline and restricted, with an app in each
quota              -   a ResourceQuota that wants requests and limits, one app that has them and one that does not
limit-range        -   a LimitRange that gives an app its requests and limits, and sets the most that one may ask for
disruption-budget  -   PodDisruptionBudgets: one that lets no pod go, and one that can spare one
autoscaler         -   a HorizontalPodAutoscaler; without metrics-server it keeps to its least number of pods
stateful-set       -   StatefulSets, in order with volumes and a partition, and in parallel
job                -   Jobs: one that ends well, one that fails, one that goes on
cron-job           -   CronJobs: one for each minute, and a suspended one
daemon-set         -   a DaemonSet: a pod on each node
native-sidecar     29  sidecars that are init containers, in a Deployment and in a Job
user-namespaces    33  a pod with hostUsers: false
image-volume       35  the files of an image as a volume
projected-token    -   a token for another audience, and every other source of a projected volume
TABLE
}

sample_names() { sample_table | awk '{ print $1 }'; }

# The kinds of what lies outside of the namespaces. Each object carries the label sample-set, by which it is found again.
SAMPLE_CLUSTER_KINDS=persistentvolumes

# run_sample_sets WORD...: what `scripts/cluster samples` does with words behind it.
run_sample_sets() {
  local action=start all="" names=() name
  for name; do
    case $name in
      --list) action=list ;;
      --remove) action=remove ;;
      --all) all=1 ;;
      -*) die "samples: names, --all, --list or --remove, not $name" ;;
      *)
        sample_names | grep -qxF -- "$name" || die "there is no sample $name; there are: $(sample_names | xargs)"
        names+=("$name")
        ;;
    esac
  done
  [ $action != list ] || { list_sample_sets && return; }
  [ -n "$all" ] || [ ${#names[@]} -gt 0 ] || die "samples $*: which? There are: $(sample_names | xargs)"
  take_lock
  need_up
  mapfile -t names < <(if [ -n "$all" ]; then sample_names; else printf '%s\n' "${names[@]}" | sort -u; fi)
  if [ $action = start ]; then start_sample_sets "$all" "${names[@]}"; else remove_sample_sets "${names[@]}"; fi
}

list_sample_sets() { sample_table | awk '{ name = $1; $1 = $2 = ""; sub(/^ +/, ""); printf "%-18s %s\n", name, $0 }'; }

# start_sample_sets ALL NAME...: what is lacking is left out where ALL is set, and an error otherwise.
start_sample_sets() {
  local all=$1 names=() name why tars=()
  shift
  for name; do
    why=$(why_lacking "$name")
    if [ -z "$why" ]; then
      names+=("$name")
    elif [ -n "$all" ]; then
      say "    $name is left out: $why"
    else die "no sample $name here: $why"; fi
  done
  install_packages
  for name in echo files; do tars+=("$(ensure_image $name)"); done
  import_images "${tars[@]}"
  choose_sample_values
  step "starting the samples: ${names[*]}"
  for name in "${names[@]}"; do
    ! declare -F "prepare_$name" >/dev/null || "prepare_$name"
    apply_manifest "samples/$name"
  done
  prove_sample_sets "${names[@]}"
}

# why_lacking NAME: why this Kubernetes or this machine cannot run it, nothing if it can.
why_lacking() {
  local oldest
  oldest=$(sample_table | awk -v name="$1" '$1 == name && $2 != "-" { print $2 }')
  if [ "$(kubernetes_minor)" -lt "${oldest:-0}" ]; then
    echo "Kubernetes has it from 1.$oldest on, this is $KUBERNETES"
  elif declare -F "why_lacking_$1" >/dev/null; then "why_lacking_$1"; fi
}

kubernetes_minor() { cut -d. -f2 <<<"$KUBERNETES"; }

# since MINOR NEW OLD: which of the two names this Kubernetes knows.
since() { if [ "$(kubernetes_minor)" -ge "$1" ]; then echo "$2"; else echo "$3"; fi; }

# What the manifests call @POLICY_API@ and so on.
# shellcheck disable=SC2034  # for `render`
choose_sample_values() {
  POLICY_API=$(since 21 policy/v1 policy/v1beta1)
  BATCH_API=$(since 21 batch/v1 batch/v1beta1)
  AUTOSCALING_API=$(since 23 autoscaling/v2 autoscaling/v2beta2)
  FIRST_NODE=$(running_nodes | head -n 1)
  LAST_NODE=$(running_nodes | tail -n 1)
}

# All at the same time: some of them wait for a clock.
prove_sample_sets() {
  local name pids=() i failed=()
  for name; do
    (prove_sample_set "$name") &
    pids+=("$!")
  done
  for ((i = 1; i <= $#; i++)); do wait "${pids[i - 1]}" || failed+=("${!i}"); done
  [ ${#failed[@]} = 0 ] || die "samples that do not work: ${failed[*]}"
}

prove_sample_set() {
  SAMPLE=$1
  # Called without a condition, so that any command that fails ends it.
  trap 'explain_sample_set' EXIT
  await_sample_set
  "prove_$SAMPLE"
  trap - EXIT
}

sample_namespaces() { admin_kubectl get namespaces -l sample-set="$SAMPLE" -o 'jsonpath={.items[*].metadata.name}'; }

await_sample_set() {
  local namespace workload
  for namespace in $(sample_namespaces); do
    for workload in $(admin_kubectl -n "$namespace" get deployments,statefulsets -l sample-set -o name); do
      admin_kubectl -n "$namespace" rollout status "$workload" --timeout=120s >/dev/null ||
        die "$workload in $namespace is not ready"
    done
  done
}

explain_sample_set() {
  local namespace answer
  # In one piece, for others may be talking.
  answer=$(for namespace in $(sample_namespaces); do
    admin_kubectl -n "$namespace" get pods -o wide || true
    admin_kubectl -n "$namespace" get events --sort-by=.lastTimestamp | tail -n 15
  done 2>&1)
  say "--- pods and events of the sample $SAMPLE"$'\n'"$answer"$'\n'---
}

# remove_sample_sets NAME...: all of them at once, and what is not there is no error.
remove_sample_sets() {
  local names kind name
  names=$(tr ' ' , <<<"$*")
  step "removing the samples: $*"
  # The volumes are freed by the end of their namespace.
  for kind in namespaces $SAMPLE_CLUSTER_KINDS; do
    admin_kubectl delete "$kind" -l "sample-set in ($names)" --timeout=240s >&2 || die "not all of the $kind are gone"
  done
  for name; do ! declare -F "clear_$name" >/dev/null || "clear_$name"; done
}
