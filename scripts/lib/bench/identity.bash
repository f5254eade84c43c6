# Sourced by scripts/bench: what it costs the traffic-manager that many clients prove again and again who they are. They are
# connections of one program, each with a key and a user of its own, in a cluster of their own. It measures while they
# renew, and then while they only stay, so that the difference is what renewing costs.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

IDENTITY_CLUSTER=identity
IDENTITY_SIZE=${BENCH_IDENTITY:-1000,240,240} # clients, seconds from one proof to the next, seconds of measuring
IDENTITY_SHORT=50,20,60

row_identity() {
  if [ "$PROGRAM" = other ]; then
    lacks "clients that prove who they are" "they are connections of this product only"
    return
  fi
  [ "$short" = no ] || IDENTITY_SIZE=$IDENTITY_SHORT
  own_cluster "$IDENTITY_CLUSTER" identity_measure
}

identity_measure() {
  local clients every seconds expected
  IFS=, read -r clients every seconds <<<"$IDENTITY_SIZE"
  # A tenth less or more lies between two proofs.
  expected=$((clients * seconds * 9 / 10 / every))
  echo "identity: $clients clients, a proof of each every $every s, measured for $seconds s" >&2
  own_begin && install_manager && own_java && identity_clients || return

  sample renewing=value,tickets=tickets,reviews=reviews "sessions=$clients" failed=0 "renewed>=$expected" \
    "deleted>=$expected" -- identity_window "$seconds" || true
  sample memory=value,peak=peak "sessions=$clients" -- identity_memory || true
  touch "$WORK/clients.pause"
  # Those that had begun.
  sleep 5
  sample staying=value "sessions=$clients" failed=0 renewed=0 -- identity_window $((seconds / 4)) || true

  result "manager CPU, $clients clients, each renews every $every s" "% of a core" "<= 10" plain renewing
  result "… while they only stay" "% of a core" "" plain staying
  result "… its requests about tickets for each proof" "" "<= 2.1" plain tickets
  result "… its access reviews per client and minute" "" "<= 1.1" plain reviews
  result "manager RSS with them" "MiB" "" plain memory
  result "… the most it has had" "MiB" "" plain peak
}

# They come from within the manager's pod, as those do that a kubelet forwards.
identity_clients() {
  local pid
  pid=$(manager_pid) || return
  nsenter --net="/proc/$pid/ns/net" "${OWN_JAVA[@]}" io.telepresence.e2e.scale.ScaleProofs "$clients" "$every" ambassador 8082 \
    "$WORK/clients" >"$WORK/clients.log" 2>&1 &
  OWN_PIDS+=($!)
  within 300 grep -qx "sessions=$clients" "$WORK/clients" ||
    fail "not all clients have arrived: $(tr '\n' ' ' 2>/dev/null <"$WORK/clients")$(tail -n 1 "$WORK/clients.log")" || return
  # The burst of their arrival is over.
  sleep 15
}

identity_told() { sed -n "s/^$1=//p" "$WORK/clients"; }

# identity_window SECONDS: what the process has used, what its clients have done, and what it has asked the API server.
identity_window() {
  local pid renewed tickets deleted reviews
  pid=$(manager_pid) || return
  renewed=$(identity_told renewed) tickets=$(identity_asked tickets) deleted=$(identity_asked deleted) reviews=$(identity_asked reviews)
  echo "value=$(cpu_of "$pid" sleep "$1")"
  grep -E '^(sessions|failed)=' "$WORK/clients"
  renewed=$(($(identity_told renewed) - renewed))
  tickets=$(($(identity_asked tickets) - tickets))
  echo "renewed=$renewed"
  echo "deleted=$(($(identity_asked deleted) - deleted))"
  [ "$renewed" = 0 ] || awk -v a="$tickets" -v b="$renewed" 'BEGIN {printf "tickets=%.2f\n", a / b}'
  awk -v a="$(($(identity_asked reviews) - reviews))" -v n="$clients" -v s="$1" 'BEGIN {printf "reviews=%.2f\n", a * 60 / n / s}'
  [ ! -s "$WORK/clients.log" ] || tail -n 1 "$WORK/clients.log" >"$SAID"
}

# identity_asked tickets|deleted|reviews: how often the manager has asked for it so far, as the API server has noted it.
identity_asked() {
  local what
  case $1 in
    tickets) what='"resource":"certificatesigningrequests"' ;;
    deleted) what='"verb":"delete".*"resource":"certificatesigningrequests"' ;;
    reviews) what='"resource":"subjectaccessreviews"' ;;
  esac
  cat "$TEST_CLUSTER_AUDIT"/*.log | grep '"username":"system:serviceaccount:ambassador:traffic-manager"' | grep -c -- "$what" || true
}

identity_memory() {
  local pid
  pid=$(manager_pid) || return
  memory_of "$pid"
  grep -E '^sessions=' "$WORK/clients"
}
