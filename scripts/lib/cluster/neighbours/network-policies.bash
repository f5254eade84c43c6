# Network policies are enforced by kube-router, which does nothing else here: a pod on each node, in the node's network.

about_network-policies() { echo "network policies are enforced"; }
programs_network-policies() { echo kube-router; }

add_network-policies() {
  import_images "$(ensure_image kube-router)"
  apply_neighbour network-policies
  wait_for_rollout kube-system daemonset/kube-router
}

# With the firewall's programs of the machine, which kube-proxy uses too: two kinds of them do not see each other's rules.
rootfs_kube-router() {
  local name program folder
  add_busybox "$1"
  cp "$(program_folder kube-router)/kube-router" "$1/bin/"
  add_program "$1" "$(command -v ipset)"
  program=$(readlink -f "$(command -v iptables)")
  add_program "$1" "$program"
  for name in {iptables,ip6tables}{,-save,-restore}; do ln -sf "${program##*/}" "$1/bin/$name"; done
  folder=/usr/lib/$(uname -m)-linux-gnu/xtables
  mkdir -p "$1$folder"
  cp "$folder"/*.so "$1$folder/"
}

# Each kind of rule by real connections, among pods of both nodes and two namespaces.
shown_network-policies() {
  local title place spec passes
  import_images "$(ensure_image echo)" "$(ensure_image tools)"
  drop_policy_pods
  start_policy_pods
  shown "no policy: all connections pass" 30 passes_are "friend:* stranger:* guest:*"
  while IFS='|' read -r title place spec passes; do
    [[ $title != "#"* ]] || continue
    place=${SHOWN_NAMESPACE}-${place// /}
    policy "$place" "$(fill_addresses "$spec")" | admin_kubectl apply -f - >/dev/null || die "a policy was not taken: $title"
    shown "$(xargs <<<"$title"): what passes is $(xargs <<<"${passes:-}" | sed 's/^$/nothing/')" 30 passes_are "$passes"
    admin_kubectl -n "$place" delete networkpolicy shown >/dev/null
  done <"$LIB/conf/network-policies.cases"
  shown "all policies gone: all connections pass" 30 passes_are "friend:* stranger:* guest:*"
  drop_policy_pods
}

policy() { # policy NAMESPACE SPEC
  printf '%s\n' "apiVersion: networking.k8s.io/v1" "kind: NetworkPolicy" "metadata: {name: shown, namespace: $1}" "spec: $2"
}

start_policy_pods() {
  local nodes first last namespace
  nodes=$(running_nodes | xargs)
  first=${nodes%% *} last=${nodes##* }
  for namespace in here there; do
    admin_kubectl create namespace "$SHOWN_NAMESPACE-$namespace" >&2
    admin_kubectl label namespace "$SHOWN_NAMESPACE-$namespace" place=$namespace >&2
    wait_for 20 "a service account" "" admin_kubectl -n "$SHOWN_NAMESPACE-$namespace" get serviceaccount default ||
      die "no service account in $SHOWN_NAMESPACE-$namespace"
  done
  {
    policy_pod here server "$first" "$(echo_container http 8080), $(echo_container admin 9090)"
    policy_pod here friend "$first" "$(idle_container)"
    policy_pod here stranger "$last" "$(idle_container)"
    policy_pod there guest "$last" "$(idle_container)"
  } | admin_kubectl apply -f - >&2
  for namespace in here there; do
    admin_kubectl -n "$SHOWN_NAMESPACE-$namespace" wait --for=condition=Ready pod --all --timeout=60s >&2 ||
      {
        explain_pods "$SHOWN_NAMESPACE-$namespace"
        die "pods of $SHOWN_NAMESPACE-$namespace are not ready"
      }
  done
}

policy_pod() { # policy_pod PLACE NAME NODE CONTAINERS
  cat <<YAML
---
apiVersion: v1
kind: Pod
metadata: {name: $2, namespace: $SHOWN_NAMESPACE-$1, labels: {app: $2}}
spec: {nodeName: $3, terminationGracePeriodSeconds: 0, containers: [$4]}
YAML
}

echo_container() {
  echo "{name: $1, image: localhost/echo:1, imagePullPolicy: Never, command: [/echo], ports: [{name: $1, containerPort: $2}]," \
    "env: [{name: PORT, value: \"$2\"}, {name: GRACE_MS, value: \"0\"}]}"
}

idle_container() { echo "{name: idle, image: localhost/tools:1, imagePullPolicy: Never, command: [sleep, infinity]}"; }

# passes_are "WHO:PORT ...": exactly those connections pass, by both families of addresses.
passes_are() {
  local wanted
  wanted=$(for word in ${1:-}; do
    case $word in *:\*) echo "${word%\*}8080 ${word%\*}9090" ;; *) echo "$word" ;; esac
  done | xargs -n1 | sed '/^$/d; s/.*/&-4\n&-6/' | sort)
  [ "$(all_passes | sort)" = "$wanted" ]
}

all_passes() {
  local who place
  for who in friend stranger guest; do
    [ $who = guest ] && place=there || place=here
    # shellcheck disable=SC2016  # for the inner shell
    admin_kubectl -n "$SHOWN_NAMESPACE-$place" exec "$who" -- sh -c '
            who=$1; shift
            for family in 4 6; do
                for port in 8080 9090; do
                    curl --silent --max-time 1 --output /dev/null "http://$1:$port/" && echo "$who:$port-$family" &
                done
                shift
            done
            wait' sh $who "$(pod_address server here 0)" "[$(pod_address server here 1)]" &
  done
  wait
}

pod_address() { admin_kubectl -n "$SHOWN_NAMESPACE-$2" get pod "$1" -o jsonpath="{.status.podIPs[$3].ip}"; }

fill_addresses() {
  local name script="s|@PODS4@|$POD_CIDR|g; s|@PODS6@|$POD_CIDR6|g"
  for name in friend stranger server; do
    script+="; s|@${name^^}4@|$(pod_address $name here 0)|g; s|@${name^^}6@|$(pod_address $name here 1)|g"
  done
  sed "$script" <<<"$1"
}

drop_policy_pods() { delete_objects namespace "$SHOWN_NAMESPACE-here" "$SHOWN_NAMESPACE-there"; }

remove_network-policies() {
  drop_policy_pods
  delete_neighbour network-policies
  local node
  for node in $(running_nodes); do (use_node "$node" && remove_policy_rules); done
  unload_image kube-router
}

# kube-router leaves its rules behind when it ends, as it should: a node without it is no open door.
remove_policy_rules() {
  local program set
  for program in iptables ip6tables; do
    nsenter --net="/run/netns/$NODE_NS" bash -c "$(declare -f remove_chains); remove_chains $program"
  done
  for set in $(nsenter --net="/run/netns/$NODE_NS" ipset list -n | grep -E '^(inet6:)?(KUBE-|kube-router-)'); do
    nsenter --net="/run/netns/$NODE_NS" ipset destroy "$set"
  done
}

# remove_chains PROGRAM: first what leads to them, then the chains.
remove_chains() {
  local table chain rule ours='KUBE-(ROUTER|POD-FW|NWPLCY)'
  for table in filter mangle nat; do
    "$1-save" -t $table | grep -vE -- "^-A $ours" | grep -E -- "^-A .*$ours" | while read -r rule; do
      eval "$1 -t $table -D ${rule#-A }"
    done
    for chain in $("$1-save" -t $table | sed -nE "s/^:(${ours}[^ ]*) .*/\1/p"); do "$1" -t $table -F "$chain"; done
    for chain in $("$1-save" -t $table | sed -nE "s/^:(${ours}[^ ]*) .*/\1/p"); do "$1" -t $table -X "$chain"; done
  done
}
