# Sourced by scripts/bench: what the other program needs that ours does not.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

ROUTE_TABLE=telepresence_bench

# The first version that its `version` names. It gets a home of its own, as later.
peer_version() {
  local text
  program_home "$WORK/other"
  text=$(env "${PROGRAM_ENV[@]}" timeout 60 "$peer" version 2>/dev/null </dev/null | grep -oE 'v?[0-9]+\.[0-9]+\.[0-9]+[^ )]*' || true)
  PROGRAM_ENV=()
  [ -n "$text" ] && head -n 1 <<<"$text"
}

# Telepresence wants a default route. It leads to the cluster's end of the wire, and there what is not for that end itself
# is dropped, before anything can send it on: pods and services stay out of reach without a connection.
open_default_route() {
  local device own
  ! has_default_route || return 0
  device=$(ip -n "$TEST_CLUSTER_NETNS" -4 -o addr show to "$TEST_CLUSTER_IP" | awk 'NR == 1 {sub(/@.*/, "", $2); print $2}')
  [ -n "$device" ] || fail "no link of $TEST_CLUSTER_NETNS has the address $TEST_CLUSTER_IP" || return
  own=$(ip -n "$TEST_CLUSTER_NETNS" -4 -o addr show dev "$device" | awk '{sub(/\/.*/, "", $4); print (NR > 1 ? ", " : "") $4}' | tr -d '\n')
  must "the rule that drops foreign packets failed" node nft "table ip $ROUTE_TABLE {
    chain wire {
      type filter hook prerouting priority raw; policy accept;
      iifname \"$device\" ip daddr != { $own } counter drop
    }
  }" || return
  must "the default route failed" ip -n "$TEST_LAPTOP_NETNS" route add default via "$TEST_CLUSTER_IP" metric 4021 || return
}

has_default_route() { ip -n "$TEST_LAPTOP_NETNS" -4 route show default | grep . >/dev/null; }

# Only what open_default_route has made; also what a killed run has left. The route first, while the rule still holds.
close_default_route() {
  node nft list table ip $ROUTE_TABLE >/dev/null 2>&1 || return 0
  ip -n "$TEST_LAPTOP_NETNS" route del default via "$TEST_CLUSTER_IP" metric 4021 2>/dev/null || true
  node nft delete table ip $ROUTE_TABLE
}
