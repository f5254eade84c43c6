# Sourced by scripts/bench: one function per row of the table.

TEL=$PWD/target/dist/telepresence/bin/telepresence
BYTES=600000000
FORWARD_PID=
LOCAL=18099

# Everything but the admin's work runs as one process tree on the laptop, so that namespace entry is not measured.
laptop() { scripts/cluster laptop -- "$@"; }
admin() { scripts/cluster laptop --user admin -- "$@"; }

bench_prepare() {
  need_packages curl:curl ab:apache2-utils wrk:wrk iperf3:iperf3 socat:socat
  [ -x "$TEL" ] || scripts/build --skip-tests
  scripts/cluster up >&2
  scripts/cluster samples >&2
  scripts/cluster load target/images/traffic-manager.tar target/images/traffic-agent.tar >&2
  if ! scripts/cluster kubectl -n ambassador get deployment traffic-manager >/dev/null 2>&1; then
    admin "$TEL" helm install --set clientRbac.create=true \
      --set-json 'clientRbac.subjects=[{"kind":"Group","name":"developers","apiGroup":"rbac.authorization.k8s.io"}]' >&2
  fi
  admin "$TEL" quit -s >&2 || true
}

bench_clean() {
  stop_forward
  laptop "$TEL" quit -s >/dev/null 2>&1 || true
  rm -f "$RESULTS"
}

connected() { laptop "$TEL" connect >/dev/null 2>&1; }

# The peer of most rows: kubectl port-forward of the echo service, as administrator.
start_forward() {
  [ -z "$FORWARD_PID" ] || return 0
  # Not through the function: $! must be kubectl itself.
  ip netns exec tp-laptop env KUBECONFIG=/var/lib/telepresence-test-cluster/kubeconfig/admin \
    kubectl port-forward --address 127.0.0.1 service/echo "$LOCAL:80" >/dev/null 2>&1 &
  FORWARD_PID=$!
  local i
  for i in $(seq 100); do
    laptop curl -s -o /dev/null -m 2 "http://127.0.0.1:$LOCAL/" && return 0
    sleep 0.1
  done
  echo "error: kubectl port-forward does not answer" >&2
  return 1
}

stop_forward() {
  [ -z "$FORWARD_PID" ] || kill "$FORWARD_PID" 2>/dev/null || true
  FORWARD_PID=
}

down() { laptop curl -s -m 60 -o /dev/null -w '%{speed_download}\n' "$1/bytes/$BYTES" | awk '{print $1/1e6}'; }
up() { laptop sh -c "head -c $BYTES /dev/zero | curl -s -m 60 -o /dev/null -w '%{speed_upload}\n' -H 'Expect:' -T - $1/sink" | awk '{print $1/1e6}'; }

row_tun() {
  local line
  line=$(scripts/bench-tun --json)
  echo "$line" >&2
  tun_value() { sed -n "s/.*\"$1\": *\([0-9.]*\).*/\1/p" <<<"$line" | head -1; }
  result "TUN stage, 1 flow, against direct" "Gbit/s" ">= 0.60 x" "$(tun_value stage)" "$(tun_value direct)" ratio
  result "TUN stage against a plain 1500-byte TUN" "Gbit/s" ">= 8 x" "$(tun_value stage)" "$(tun_value plain)" ratio
}

row_flow() {
  start_forward
  connected
  local port="http://127.0.0.1:$LOCAL"
  down http://echo.default >/dev/null
  result "600 MB down, 1 flow, against port-forward" "MB/s" ">= 0.9 x" "$(repeat down http://echo.default)" "$(repeat down "$port")" ratio
  result "600 MB up, 1 flow, against port-forward" "MB/s" ">= 0.9 x" "$(repeat up http://echo.default)" "$(repeat up "$port")" ratio
}

eight() {
  laptop sh -c 'start=$(date +%s%N); for i in 1 2 3 4 5 6 7 8; do curl -s -m 60 -o /dev/null http://echo.default/bytes/75000000 & done; wait; end=$(date +%s%N); echo $((end - start))' |
    awk -v b=$BYTES '{print b / ($1 / 1e9) / 1e6}'
}

row_flows() {
  start_forward
  connected
  eight >/dev/null
  result "8 flows at once, against 1 port-forward" "MB/s" ">= 1.2 x" "$(repeat eight)" "$(repeat down "http://127.0.0.1:$LOCAL")" ratio
}

# Mean time per request on one kept connection, ms. (ab asks in HTTP/1.0, and then nothing is kept.)
kept() { laptop wrk -t 1 -c 1 -d 3s "$1/" | awk '/Requests\/sec/ {print 1000 / $2}'; }
fresh() { laptop timeout 60 ab -q -n 300 -c 1 "$1/" 2>/dev/null | sed -n 's/^Time per request: *\([0-9.]*\).*(mean)$/\1/p'; }
per_second() { laptop timeout 60 ab -q -n 2000 -c 20 "$1/" 2>/dev/null | sed -n 's/^Requests per second: *\([0-9.]*\).*/\1/p'; }

row_latency() {
  start_forward
  connected
  kept http://echo.default >/dev/null
  result "request on an open connection, over port-forward" "ms" "<= +0.3 ms" "$(repeat kept http://echo.default)" "$(repeat kept "http://127.0.0.1:$LOCAL")" difference
}

row_connections() {
  connected
  fresh http://echo.default >/dev/null
  result "new connection + first byte" "ms" "<= 1 round trip + 2 ms" "$(repeat fresh http://echo.default)" "0" plain
  result "new connections per second, 20 at once" "1/s" "" "$(repeat per_second http://echo.default)" "0" plain
}

timed() { laptop sh -c "start=\$(date +%s%N); $* >/dev/null 2>&1; end=\$(date +%s%N); echo \$((end - start))" | awk '{print $1/1e6}'; }

row_session() {
  local i cold=() warm=() quit=()
  for ((i = 0; i < runs; i++)); do
    laptop "$TEL" quit -s >/dev/null 2>&1 || true
    cold+=("$(timed "$TEL connect")")
    quit+=("$(timed "$TEL quit")")
    warm+=("$(timed "$TEL connect")")
  done
  result "connect, daemons cold" "ms" "<= 4000" "${cold[*]}" "0" plain
  result "connect, daemons warm" "ms" "<= 1000" "${warm[*]}" "0" plain
  result "quit" "ms" "<= 1000" "${quit[*]}" "0" plain
}

row_cli() {
  connected
  timed "$TEL version" >/dev/null
  result "telepresence status, daemon up" "ms" "<= 140, stretch 100" "$(runs=20 repeat timed "$TEL status")" "0" plain
  result "telepresence version, daemon up" "ms" "" "$(runs=20 repeat timed "$TEL version")" "0" plain
  laptop "$TEL" quit -s >/dev/null 2>&1
  result "telepresence version, no daemon, against kubectl" "ms" "<= 60, stretch 45" "$(runs=20 repeat timed "$TEL version")" "$(runs=20 repeat timed "kubectl version --client")" ratio
}

row_intercept() {
  connected
  local i times=()
  laptop socat TCP-LISTEN:18080,bind=127.0.0.1,fork,reuseaddr TCP:127.0.0.1:18081 &
  local proxy=$!
  laptop "$TEL" intercept echo --port 18080:http >/dev/null 2>&1
  for ((i = 0; i < runs; i++)); do
    laptop "$TEL" leave echo >/dev/null 2>&1
    times+=("$(timed "$TEL intercept echo --port 18080:http")")
  done
  laptop "$TEL" leave echo >/dev/null 2>&1
  kill "$proxy" 2>/dev/null || true
  result "intercept, agent present" "ms" "<= 500" "${times[*]}" "0" plain
}

# Requests per second from the node to a pod's port, without laptop or tunnel.
pod_rate() { ip netns exec tp-cluster wrk -t 1 -c 16 -d 3s "http://$1/" | awk '/Requests\/sec/ {print $2}'; }

# Resident memory of each agent, MiB; the node's processes are this machine's.
agents_rss() {
  local process
  for process in /proc/[0-9]*; do
    tr '\0' ' ' 2>/dev/null <"$process/cmdline" | grep -q '^/opt/telepresence/runtime/bin/java .*agent.aot' || continue
    awk '/^VmRSS/ {printf "%.1f ", $2 / 1024}' "$process/status"
  done
}

row_agent() {
  local pod ip rss
  connected
  laptop "$TEL" intercept echo --port 18080:http >/dev/null 2>&1 || true
  laptop "$TEL" leave echo >/dev/null 2>&1 || true
  pod=$(scripts/cluster kubectl get pod -l sample=echo,telepresence.io/workloadEnabled=true -o 'jsonpath={.items[0].metadata.name}')
  ip=$(scripts/cluster kubectl get pod "$pod" -o 'jsonpath={.status.podIP}')
  pod_rate "$ip:9900" >/dev/null
  result "requests per second through an idle agent" "1/s" ">= 0.9 x" "$(repeat pod_rate "$ip:9900")" "$(repeat pod_rate "$ip:8080")" ratio
  rss=$(agents_rss)
  result "agent RSS, every agent that runs" "MiB" "<= 80" "$rss" "0" plain
  result "agent image, compressed" "MB" "<= 70" "$(gzip -c target/images/traffic-agent.tar | wc -c | awk '{print $1/1e6}')" "0" plain
}
