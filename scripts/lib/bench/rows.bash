# Sourced by scripts/bench: the rows of the path and the commands, one function each. What "the work was done" means is in
# the checks of each sample, and in what the primitives of load.bash compare on their own.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

FORWARD='kubectl port-forward'

# What iperf3's server has received, in each run.
tun_figures() {
  scripts/bench-tun --json --runs "$runs" >"$SAID" 2>&1 || fail "scripts/bench-tun: $(said)" || return
  grep '^{' "$SAID" | jq -r '.samples | to_entries[] | "\(.key)=\(.value | map(tostring) | join(" "))", "\(.key)_runs=\(.value | length)"'
}

# The packet path of this source tree; there is none of another program.
row_tun() {
  if [ "$PROGRAM" = other ]; then
    lacks "TUN stage, 1 flow" "the packet path alone can be measured of this product only"
    return
  fi
  sample stage=stage,direct=direct,plain=plain "stage_runs=$runs" "direct_runs=$runs" "plain_runs=$runs" -- tun_figures || true
  result "TUN stage, 1 flow" "Gbit/s" ">= 0.60 x" ratio stage direct direct
  result "TUN stage, against a plain 1500-byte TUN" "Gbit/s" ">= 8 x" ratio stage "plain TUN" plain
}

row_flow() {
  local url port=http://127.0.0.1:$LOCAL down=(status=200 "bytes=$BYTES")
  local up=(status=200 "arrived=$BYTES" pattern=intact)
  connected && without_agent echo && start_forward || return
  for url in http://echo.default "$port"; do content laptop 1 "$BYTES" "$url/bytes/$BYTES" || return; done
  repeat_both down "${down[@]}" -- download laptop "http://echo.default/bytes/$BYTES" \
    :: down_peer "${down[@]}" -- download laptop "$port/bytes/$BYTES"
  result "600 MB down, 1 flow" "MB/s" ">= 0.9 x" ratio down "$FORWARD" down_peer
  repeat_both up "${up[@]}" -- upload laptop http://echo.default/sink :: up_peer "${up[@]}" -- upload laptop "$port/sink"
  result "600 MB up, 1 flow" "MB/s" ">= 0.9 x" ratio up "$FORWARD" up_peer
}

row_flows() {
  local each=$((BYTES / 8)) url port=http://127.0.0.1:$LOCAL
  connected && without_agent echo && start_forward || return
  content laptop 8 "$each" "http://echo.default/bytes/$each" || return
  content laptop 1 "$BYTES" "$port/bytes/$BYTES" || return
  repeat_both eight flows=8 failed=0 "bytes=$BYTES" -- downloads laptop 8 "http://echo.default/bytes/$each" \
    :: one status=200 "bytes=$BYTES" -- download laptop "$port/bytes/$BYTES"
  result "8 flows at once, against 1 port-forward" "MB/s" ">= 1.2 x" ratio eight "$FORWARD" one
}

row_latency() {
  connected && without_agent echo && start_forward || return
  load laptop 1 echo http://echo.default/ >/dev/null || return
  repeat_both ours=mean "${LOAD_CHECKS[@]}" -- load laptop 1 echo http://echo.default/ \
    :: theirs=mean "${LOAD_CHECKS[@]}" -- load laptop 1 echo "http://127.0.0.1:$LOCAL/"
  result "request on an open connection" "ms" "<= +0.3 ms" difference ours "$FORWARD" theirs
}

row_connections() {
  local checks=(failed=0 not2xx=0 answers=whole)
  connected && without_agent echo || return
  calls laptop echo 300 1 http://echo.default/ >/dev/null || return
  repeat fresh=ms complete=300 "${checks[@]}" -- calls laptop echo 300 1 http://echo.default/ || true
  result "new connection + first byte" "ms" "<= 1 round trip + 2 ms" plain fresh
  repeat many=rate complete=2000 "${checks[@]}" -- calls laptop echo 2000 20 http://echo.default/ || true
  result "new connections per second, 20 at once" "1/s" "" plain many
}

# Nothing is answered before, the sample server is answered after: the command has connected.
connect_clocked() {
  disconnected || return
  clocked laptop "$TEL" connect || return
  within "$SOON" answer laptop echo http://echo.default/ || fail "connect ended, but $(cat "$WHY")"
}
quit_clocked() {
  answer laptop echo http://echo.default/ >/dev/null || return
  clocked laptop "$TEL" quit || return
  disconnected
}

row_session() {
  local i
  for ((i = 0; i < runs; i++)); do
    ended || return
    sample cold exit=0 -- connect_clocked || true
    sample quit exit=0 -- quit_clocked || true
    sample warm exit=0 -- connect_clocked || true
  done
  result "connect, daemons cold" "ms" "<= 4000" plain cold
  result "connect, daemons warm" "ms" "<= 1000" plain warm
  result "quit" "ms" "<= 1000" plain quit
}

row_cli() {
  local runs=$((runs * 4)) version='v?[0-9]+\.[0-9]+\.[0-9]'
  connected || return
  clocked laptop "$TEL" version >/dev/null || return
  repeat status exit=0 says='(Manager|Status) *: *Connected' -- clocked laptop "$TEL" status || true
  result "telepresence status, daemon up" "ms" "<= 140, stretch 100" plain status
  repeat up exit=0 says="Client *: *$version" says="User Daemon *: *$version" -- clocked laptop "$TEL" version || true
  result "telepresence version, daemon up" "ms" "" plain up
  ended || return
  repeat_both none exit=0 says="Client *: *$version" says='User Daemon *: *[Nn]ot running' -- clocked laptop "$TEL" version \
    :: kubectl exit=0 says='Client Version: ' -- clocked laptop kubectl version --client
  result "telepresence version, no daemon" "ms" "<= 60, stretch 45" ratio none "kubectl version --client" kubectl
}
