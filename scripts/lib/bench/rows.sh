# Sourced by scripts/bench: one function per row of the table.

TEL=$PWD/target/dist/telepresence/bin/telepresence
BYTES=600000000
FORWARD_PID=
LOCAL=18099

# Everything but the admin's work runs as one process tree on the laptop, so that namespace entry is not measured.
laptop() { scripts/cluster laptop --user "${LAPTOP_USER:-developer}" -- "$@"; }
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
  laptop "$TEL" intercept echo --port 18080:http >/dev/null 2>&1
  for ((i = 0; i < runs; i++)); do
    laptop "$TEL" leave echo >/dev/null 2>&1
    times+=("$(timed "$TEL intercept echo --port 18080:http")")
  done
  laptop "$TEL" leave echo >/dev/null 2>&1
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

# The sample's server as the developer's program, so that both ends of a comparison do the same work.
local_server() {
  # Not through the function: $! must be the server itself.
  scripts/cluster laptop -- env PORT=18080 NAME=local GRACE_MS=0 /var/lib/telepresence-test-cluster/bin/echo >/dev/null 2>&1 &
  LOCAL_PID=$!
}

# "requests per second, p50 ms, p99 ms" of a pod's port, asked from the node.
pod_load() { # ADDRESS [HEADER]
  ip netns exec tp-cluster wrk -t 1 -c 16 -d 3s --latency ${2:+-H "$2"} "http://$1/" | awk '
    function ms(t) { return t ~ /us$/ ? t / 1000 : t ~ /ms$/ ? t + 0 : t * 1000 }
    /50%/ {a = ms($2)} /99%/ {b = ms($2)} /Requests\/sec/ {r = $2} END {print r, a, b}'
}

http_rows() { # WHAT ADDRESS [HEADER]; against the pod's own port without an agent
  local i now ours=() p50=() p99=() peer=() peer50=() peer99=()
  pod_load "$2" ${3:+"$3"} >/dev/null
  for ((i = 0; i < runs; i++)); do
    read -r -a now <<<"$(pod_load "$2" ${3:+"$3"})"
    ours+=("${now[0]}") p50+=("${now[1]}") p99+=("${now[2]}")
    read -r -a now <<<"$(pod_load "$APP_ADDRESS" ${3:+"$3"})"
    peer+=("${now[0]}") peer50+=("${now[1]}") peer99+=("${now[2]}")
  done
  result "$1: requests, against no agent" "1/s" "" "${ours[*]}" "${peer[*]}" ratio
  result "$1: p50, over no agent" "ms" "" "${p50[*]}" "${peer50[*]}" difference
  result "$1: p99, over no agent" "ms" "" "${p99[*]}" "${peer99[*]}" difference
}

engage() { laptop "$TEL" "$@" --mount=false >/dev/null 2>&1; }
leave() { laptop "$TEL" leave "$1" >/dev/null 2>&1 || true; }

row_filters() {
  connected
  engage intercept echo --port 18080:http
  leave echo
  local ip
  ip=$(scripts/cluster kubectl get pod -l sample=echo,telepresence.io/workloadEnabled=true -o 'jsonpath={.items[0].status.podIP}')
  APP_ADDRESS=$ip:8080
  local_server
  http_rows "agent, nothing engaged" "$ip:9900"
  engage intercept echo --port 18080:http --http-header x-user=bench
  http_rows "agent, a filter that does not match" "$ip:9900"
  http_rows "agent, a filter that matches" "$ip:9900" "x-user: bench"
  leave echo
  engage wiretap echo --port 18080:http
  http_rows "agent, a wiretap" "$ip:9900"
  leave echo
  kill "$LOCAL_PID" 2>/dev/null || true
}

# From the command to the first answer of the local program, ms.
first_answer() {
  local start end i
  start=$(date +%s%N)
  laptop "$TEL" intercept echo --port 18080:http --mount=false >/dev/null 2>&1
  for i in $(seq 200); do
    ip netns exec tp-cluster curl -s -m 2 "http://$ECHO_SERVICE/" | grep -q 'by local\|local' && break
    sleep 0.02
  done
  end=$(date +%s%N)
  echo $(((end - start) / 1000000))
}

row_engage() {
  connected
  local_server
  ECHO_SERVICE=$(scripts/cluster kubectl get service echo -o 'jsonpath={.spec.clusterIP}')
  local i cold=() warm=()
  for ((i = 0; i < runs; i++)); do
    leave echo
    laptop "$TEL" uninstall echo >/dev/null 2>&1 || true
    cold+=("$(first_answer)")
    leave echo
    warm+=("$(first_answer)")
  done
  leave echo
  kill "$LOCAL_PID" 2>/dev/null || true
  result "intercept to first local answer, no agent yet" "ms" "" "${cold[*]}" "0" plain
  result "intercept to first local answer, agent there" "ms" "" "${warm[*]}" "0" plain
}

MOUNTED=/tmp/telepresence-bench-mount
FILE_MB=100

# A new mount each time, so that no page of it is in the laptop's memory.
mounted() { laptop "$TEL" intercept example-app --port 18080:http --mount "$MOUNTED" >/dev/null 2>&1; }
mount_read() {
  mounted
  laptop dd if="$MOUNTED/data/bench" of=/dev/null bs=1M 2>&1 | awk '/copied/ {print $(NF-1)}'
  leave example-app
}
exec_read() {
  local start end
  start=$(date +%s%N)
  laptop kubectl exec "$MOUNT_POD" -c traffic-agent -- cat /tel_app_mounts/echo-server/data/bench 2>/dev/null | wc -c >/dev/null
  end=$(date +%s%N)
  awk -v t=$((end - start)) -v m=$FILE_MB 'BEGIN {print m * 1.048576 / (t / 1e9)}'
}
random_reads() {
  mounted
  local start end i
  start=$(date +%s%N)
  laptop sh -c "for i in 7 91 33 58 2 77 45 19 64 88 11 52 70 26 95 38 4 83 60 15; do dd if=$MOUNTED/data/bench of=/dev/null bs=4k count=1 skip=\$((i * 256)) 2>/dev/null; done"
  end=$(date +%s%N)
  awk -v t=$((end - start)) 'BEGIN {print t / 1e6 / 20}'
  leave example-app
}

row_mount() {
  need_packages sshfs:sshfs fusermount3:fuse3
  connected
  mounted
  laptop dd if=/dev/zero of="$MOUNTED/data/bench" bs=1M count=$FILE_MB 2>&1 | awk '/copied/ {print "written at " $(NF-1) " " $NF}' >&2
  leave example-app
  MOUNT_POD=$(scripts/cluster kubectl get pod -l sample=example-app,telepresence.io/workloadEnabled=true -o 'jsonpath={.items[0].metadata.name}')
  result "100 MB read through the mount, against kubectl exec cat" "MB/s" "" "$(repeat mount_read)" "$(LAPTOP_USER=admin repeat exec_read)" ratio
  result "4 KiB at a random place of the mount (with starting dd)" "ms" "" "$(repeat random_reads)" "0" plain
}
