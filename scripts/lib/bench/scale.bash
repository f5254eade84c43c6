# Sourced by scripts/bench: the traffic-manager in a cluster of many objects. It is a cluster of its own, without controllers
# while it is measured: nodes without a kubelet, pods that are bound to them and said to be ready, and one program that holds
# the connections of all agents and clients. Another program's manager is not measured here.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

SCALE_CLUSTER=scale
SCALE_SIZE=${BENCH_SCALE:-5000,1000,300,500,200,20} # pods, nodes, workloads, services, agents, clients
SCALE_SECONDS=30                                    # of each figure

row_scale() {
  if [ "$PROGRAM" = other ]; then
    lacks "the traffic-manager in a large cluster" "its agents and clients are connections of this product only"
    return
  fi
  own_cluster "$SCALE_CLUSTER" scale_measure
}

scale_measure() {
  local pods nodes workloads services agents clients of
  IFS=, read -r pods nodes workloads services agents clients <<<"$SCALE_SIZE"
  of="$pods pods, $nodes nodes, $workloads workloads, $services services, $agents agents, $clients clients"
  echo "scale: $of" >&2
  scale_cluster && own_java || return
  scale_agent_alone
  scale_objects && scale_peers || return

  sample rest "agents=$agents" "clients=$clients" -- scale_cpu rest || true
  sample busy "agents=$agents" "clients=$clients" "changes=$((5 * (SCALE_SECONDS + 5)))" 'lists>=20' -- scale_cpu change || true
  sample ready=value,readycpu=cpu restarts=1 -- scale_ready || true
  scale_all_there 120 || fail "not all are back after the traffic-manager's restart: $(tr '\n' ' ' <"$WORK/peers")" || return
  # Nobody is awaited any more, and what the start left behind has been given back.
  sleep 35
  sample memory=value,peak=peak "agents=$agents" "clients=$clients" -- scale_memory || true

  result "manager RSS after a start" "MiB" "<= 256" plain memory
  result "… the most it has had" "MiB" "" plain peak
  result "manager CPU while nothing changes" "% of a core" "<= 5" plain rest
  result "manager CPU at 5 changes/s" "% of a core" "<= 20" plain busy
  result "manager, from process to ready" "s" "< 10" plain ready
  result "… its CPU time until then" "s" "" plain readycpu
}

scale_cluster() {
  own_begin && must "the samples did not come up" "$CLUSTER" samples || return
  ECHO_URL=http://$(kube get service echo -o 'jsonpath={.spec.clusterIP}')/
  # ScalePeers does not say who its clients are.
  install_manager --set security.authorization.requiredGrant=portforward
}

# Agents of echo alone: the manager has gone, and its Service refuses.
scale_agent_alone() {
  if connected && with_agent echo &&
    must "the traffic-manager was not taken away" kube -n ambassador scale statefulset/traffic-manager --replicas=0; then
    sample alone managers=0 server=echo -- scale_agent_cpu || true
  else
    cp "$WHY" "$WORK/series/alone.error"
  fi
  result "an agent without a manager" "% of a core" "< 1" plain alone
  tel quit -s >/dev/null 2>&1 || true
  must "the traffic-manager did not come back" kube -n ambassador scale statefulset/traffic-manager --replicas=1 &&
    must "the traffic-manager did not come back" kube -n ambassador rollout status statefulset/traffic-manager --timeout=120s
}

scale_agent_cpu() {
  local name id pid
  within 60 scale_no_manager || fail "the traffic-manager is still there" || return
  read -r name _ <<<"$(pods echo agent | head -n 1)"
  id=$(kube get pod "$name" -o json | jq -r '[.status.containerStatuses[], .status.initContainerStatuses[]?]
    | map(select(.name == "traffic-agent")) | first | .containerID | sub(".*//"; "")')
  pid=$(container_pid "$id") || return
  sleep 10
  echo "value=$(cpu_of "$pid" sleep "$SCALE_SECONDS")"
  echo "managers=$(kube -n ambassador get pods -l app=traffic-manager -o name | wc -l)"
  answer node echo "$ECHO_URL" >/dev/null && echo server=echo
}
scale_no_manager() { [ -z "$(kube -n ambassador get pods -l app=traffic-manager -o name)" ]; }

# The account of the namespace is made by a controller; then there may be none, since these would take everything away.
scale_objects() {
  must "no namespace" kube create namespace scale || return
  within 30 kube -n scale get serviceaccount default || fail "the namespace has no account" || return
  must "a controller goes on" "$CLUSTER" part stop controller-manager || return
  must "the scheduler goes on" "$CLUSTER" part stop scheduler || return
  local begin=$SECONDS
  node "${OWN_JAVA[@]}" io.telepresence.e2e.scale.ScaleObjects make "$SCALE_SIZE" >"$SAID" 2>&1 || fail "the objects were not made: $(said)" || return
  [ "$(kube -n scale get pods -o name | wc -l)" = "$pods" ] || fail "not all pods were made" || return
  echo "made the objects in $((SECONDS - begin)) s" >&2
}

# One program with all connections; the clients' go through the API server, as everybody's do.
scale_peers() {
  local service
  service=$(kube -n ambassador get service traffic-manager -o 'jsonpath={.spec.clusterIP}')
  scale_forward &
  OWN_PIDS+=($!)
  nsenter --net="/run/netns/$TEST_CLUSTER_NETNS" "${OWN_JAVA[@]}" io.telepresence.e2e.scale.ScalePeers "$SCALE_SIZE" "$service:8081" \
    127.0.0.1:18082 "$WORK/peers" >"$WORK/peers.log" 2>&1 &
  OWN_PIDS+=($!)
  scale_all_there 180 || fail "not all agents and clients have arrived: $(tr '\n' ' ' 2>/dev/null <"$WORK/peers")$(tail -n 1 "$WORK/peers.log")" || return
  # The bursts of their arrival are over.
  sleep 15
}
scale_all_there() {
  local end=$((SECONDS + $1))
  until grep -qx "agents=$agents" "$WORK/peers" 2>/dev/null && grep -qx "clients=$clients" "$WORK/peers"; do
    [ "$SECONDS" -lt "$end" ] || return
    sleep 0.5
  done
}

# kubectl ends when the manager does, and is begun again.
scale_forward() {
  local pid=''
  trap '[ -z "$pid" ] || kill "$pid"; exit' TERM
  while true; do
    "$CLUSTER" kubectl -n ambassador port-forward statefulset/traffic-manager 18082:8082 >/dev/null 2>&1 &
    pid=$!
    echo "$pid" >"$WORK/forward.pid"
    wait "$pid" || true
    sleep 0.3
  done
}

# scale_cpu rest|change
scale_cpu() {
  local pid lists changer
  pid=$(manager_pid) || return
  lists=$(sed -n 's/^lists=//p' "$WORK/peers")
  if [ "$1" = rest ]; then
    echo "value=$(cpu_of "$pid" sleep "$SCALE_SECONDS")"
  else
    : >"$WORK/changes"
    node "${OWN_JAVA[@]}" io.telepresence.e2e.scale.ScaleObjects change "$SCALE_SIZE" $((SCALE_SECONDS + 5)) 5 >"$WORK/changes" 2>&1 &
    changer=$!
    within 30 grep -q begun "$WORK/changes" || fail "the changes did not begin" || return
    echo "value=$(cpu_of "$pid" sleep "$SCALE_SECONDS")"
    wait "$changer" || fail "the changes failed: $(tail -n 1 "$WORK/changes")" || return
    grep '=' "$WORK/changes"
  fi
  grep -E '^(agents|clients)=' "$WORK/peers"
  echo "lists=$(($(sed -n 's/^lists=//p' "$WORK/peers") - lists))"
}

scale_memory() {
  local pid
  pid=$(manager_pid) || return
  memory_of "$pid"
  grep -E '^(agents|clients)=' "$WORK/peers"
}

# It is killed, and all that were with it wait for the next one.
scale_ready() {
  local pid next begin ip now
  pid=$(manager_pid) || return
  ip=$(kube -n ambassador get pods -l app=traffic-manager -o 'jsonpath={.items[0].status.podIP}')
  kill -KILL "$pid"
  next=$pid
  within 60 scale_another "$pid" || fail "the traffic-manager did not start again" || return
  next=$(manager_pid) || return
  within 120 node curl -fsS -m 1 "http://$ip:8083/readyz" || fail "it did not become ready" || return
  now=$(cut -d ' ' -f 1 /proc/uptime)
  # kubectl does not notice.
  kill "$(cat "$WORK/forward.pid")" || true
  begin=$(awk -v hz="$(getconf CLK_TCK)" '{print $22 / hz}' "/proc/$next/stat")
  echo "cpu=$(awk -v hz="$(getconf CLK_TCK)" '{print ($14 + $15) / hz}' "/proc/$next/stat")"
  awk -v now="$now" -v begin="$begin" 'BEGIN {printf "value=%.2f\n", now - begin}'
  echo "restarts=$(kube -n ambassador get pods -l app=traffic-manager -o 'jsonpath={.items[0].status.containerStatuses[0].restartCount}')"
}
scale_another() {
  local now
  now=$(manager_pid) && [ "$now" != "$1" ]
}
