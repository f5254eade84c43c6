# Sourced by scripts/bench: where commands run, what must be there for them, and what is true there.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

CLUSTER=$PWD/scripts/cluster
LIMIT=300                                     # seconds, for any one command
SOON=${BENCH_SOON:-10} LATE=${BENCH_LATE:-60} # seconds, for what a command has promised
LOCAL=18099                                   # where kubectl forwards the echo service to
LOCAL_PORT=18080                              # of the developer's program
LOCAL_NAME=developers-own-program-of-the-bench
FORWARD_PID='' LOCAL_PID='' OTHER=''
NEEDS=(jq:jq curl:curl nsenter:util-linux timeout:coreutils ip:iproute2 ping:iputils-ping ethtool:ethtool iperf3:iperf3
  ab:apache2-utils wrk:wrk socat:socat nft:nftables sshfs:sshfs fusermount3:fuse3 gcc:gcc)

refuse() {
  echo "error: $*" >&2
  exit 2
}

# Everything that can be wrong with a request, before anything is done.
check_request() {
  local row tar
  [[ $runs =~ ^[1-9][0-9]{0,3}$ ]] || refuse "--runs needs a number from 1 to 9999, not '$runs'"
  for row in "${rows[@]}"; do
    [[ " ${ALL_ROWS[*]} ${MORE_ROWS[*]} " == *" $row "* ]] || refuse "there is no row '$row'; the rows are: ${ALL_ROWS[*]} ${MORE_ROWS[*]}"
  done
  [ ! -d "$out" ] || refuse "--out needs a file, and $out is a folder"
  if [ -n "$peer" ]; then
    [ -f "$peer" ] && [ -x "$peer" ] || refuse "--peer needs a program, and $peer is none that can be run"
    peer=$(realpath -s "$peer")
  else
    [ ${#peer_images[@]} = 0 ] && [ ${#peer_helm[@]} = 0 ] || refuse "--peer-image and --peer-helm belong to --peer PROGRAM"
  fi
  for tar in ${peer_images[@]+"${peer_images[@]}"}; do
    [ -f "$tar" ] && [ -r "$tar" ] || refuse "--peer-image: there is no file $tar"
  done
  [ "$(id -u)" = 0 ] || refuse "scripts/bench needs root: it makes network namespaces"
}

# The others make what they need themselves.
needs_cluster() {
  local row
  for row in "${rows[@]}"; do [[ " tun scale attack identity " == *" $row "* ]] || return 0; done
  return 1
}

bench_prepare() {
  need_packages "${NEEDS[@]}" >&2
  [ -z "$peer" ] || OTHER="telepresence $(peer_version)" || refuse "$peer is no telepresence: its 'version' names none"
  [ -x "$OWN" ] && [ -f target/images/traffic-manager.tar ] && [ -f target/images/traffic-agent.tar ] ||
    scripts/build --skip-tests >&2
  needs_cluster || return 0
  "$CLUSTER" up >&2
  "$CLUSTER" samples >&2
  "$CLUSTER" load target/images/traffic-manager.tar target/images/traffic-agent.tar >&2
  eval "$("$CLUSTER" env)"
  # What an earlier run could not take back, and a session of whoever runs this.
  close_default_route
  "$CLUSTER" laptop -- "$OWN" quit -s >&2 || true
  ECHO_URL=http://$("$CLUSTER" kubectl get service echo -o 'jsonpath={.spec.clusterIP}')/
}

bench_clean() {
  local code=$?
  trap - EXIT
  trap '' INT TERM HUP
  leave_program || true
  [ -z "${WORK:-}" ] || rm -rf --one-file-system "$WORK"
  exit "$code"
}

# Everything of a row runs as one process tree on the laptop, so that getting there is not measured.
laptop() { in_time "$CLUSTER" laptop --user "${LAPTOP_USER:-developer}" -- env "${PROGRAM_ENV[@]}" "$@"; }
admin() {
  local LAPTOP_USER=admin
  laptop "$@"
}
node() { in_time nsenter --net="/run/netns/$TEST_CLUSTER_NETNS" "$@"; }
kube() { in_time "$CLUSTER" kubectl "$@"; }
tel() { laptop "$TEL" "$@"; }
in_time() { timeout --foreground -k 5 "$LIMIT" "$@"; }

# Whether the program has a command, or a command has an option.
has() { # has COMMAND [OPTION]
  if [ $# = 1 ]; then tel --help 2>&1 | grep -E "^ +$1( |$)" >/dev/null; else tel "$1" --help 2>&1 | grep -F -- "$2" >/dev/null; fi
}

# Connected is who gets an answer.
connected() {
  must "connect failed" tel connect || return
  within "$SOON" answer laptop echo http://echo.default/ || fail "connected, but $(cat "$WHY")"
}
disconnected() {
  if answer laptop echo "$ECHO_URL" >/dev/null; then
    fail "$ECHO_URL is answered without a connection"
  else
    : >"$WHY"
  fi
}
ended() { must "quit failed" tel quit -s && disconnected; }

# The peer of most rows: kubectl port-forward of the echo service, as administrator.
start_forward() {
  local url=http://127.0.0.1:$LOCAL/
  [ -z "$FORWARD_PID" ] || ! answer laptop echo "$url" >/dev/null || return 0
  stop_forward
  # Not through a function: $! must be kubectl itself.
  "$CLUSTER" laptop --user admin -- kubectl port-forward --address 127.0.0.1 service/echo "$LOCAL:80" >"$WORK/forward" 2>&1 &
  FORWARD_PID=$!
  within "$SOON" answer laptop echo "$url" || fail "kubectl port-forward does not answer: $(tail -n 1 "$WORK/forward")"
}

# The sample's server as the developer's program, so that both ends of a comparison do the same work.
start_local() {
  stop_local
  [ -x "$WORK/echo" ] || must "compiling the sample server failed" \
    gcc -O2 -pthread -o "$WORK/echo" scripts/lib/cluster/src/echo.c || return
  "$CLUSTER" laptop -- env PORT="$LOCAL_PORT" NAME="$LOCAL_NAME" GRACE_MS=0 "$WORK/echo" >"$WORK/local" 2>&1 &
  LOCAL_PID=$!
  within "$SOON" answer laptop "$LOCAL_NAME" "http://127.0.0.1:$LOCAL_PORT/" || fail "the local program does not answer: $(tail -n 1 "$WORK/local")"
}

stop_forward() { end_pid "$FORWARD_PID" && FORWARD_PID=''; }
stop_local() { end_pid "$LOCAL_PID" && LOCAL_PID=''; }
end_pid() {
  [ -n "$1" ] || return 0
  kill "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
}

# The workload's running pods that have an agent (or, with "none", that have none): name, address and agent's port.
pods() { # pods WORKLOAD agent|none
  kube get pods -l "app=$1" -o json | jq -r --arg kind "$2" '.items[]
    | select(.metadata.deletionTimestamp == null and .status.phase == "Running"
        and ([.status.conditions[]? | select(.type == "Ready" and .status == "True")] | length) == 1)
    | ([.spec.containers[], .spec.initContainers[]?] | map(select(.name == "traffic-agent")) | first) as $agent
    | select(($agent != null) == ($kind == "agent"))
    | "\(.metadata.name) \(.status.podIP) \($agent.ports[0].containerPort // 9900)"'
}
settled() { [ -z "$(pods "$1" "$([ "$2" = agent ] && echo none || echo agent)")" ] && [ -n "$(pods "$1" "$2")" ]; }

# The echo workload as each row of its kind expects it, whatever ran before.
without_agent() {
  ! settled "$1" none || return 0
  must "uninstall of $1's agent failed" tel uninstall "$1" || return
  within "$LATE" settled "$1" none || fail "$1 still has an agent $LATE s after 'uninstall'"
}
with_agent() {
  settled "$1" agent || {
    engage intercept "$1" --port "$LOCAL_PORT:http" || return
    leave "$1" || return
  }
  within "$LATE" settled "$1" agent || fail "$1 has no agent $LATE s after an intercept"
}

engage() { must "$1 of $2 failed" tel "$@" --mount=false; }
leave() { must "leave $1 failed" tel leave "$1"; }
disengage() { tel leave "$1" >/dev/null 2>&1 || true; }
