# Sourced by scripts/bench: the rows of intercepts, agents and mounts.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

NO_AGENT='no agent'

answered_locally() { answer node "$LOCAL_NAME" "$ECHO_URL"; }

# The command, and then a caller in the cluster who gets the local program's answer.
intercept_clocked() {
  settled echo agent || fail "echo has no agent" || return
  answer node echo "$ECHO_URL" >/dev/null || return
  clocked laptop "$TEL" intercept echo --port "$LOCAL_PORT:http" --mount=false || return
  within "$SOON" answered_locally || fail "after the intercept $(cat "$WHY")" || return
  leave echo
}

row_intercept() {
  connected && with_agent echo && start_local || return
  repeat intercept exit=0 -- intercept_clocked || true
  disengage echo
  result "intercept, agent present" "ms" "<= 500" plain intercept
}

# The biggest process of each agent's container, MiB.
agents_memory() {
  local names name memory=()
  names=$(kube get pods -o json | jq -r '.items[]
    | select(.status.phase == "Running" and .metadata.deletionTimestamp == null)
    | select([.spec.containers[], .spec.initContainers[]?] | any(.name == "traffic-agent")) | .metadata.name') || return
  for name in $names; do
    memory+=("$(kube exec "$name" -c traffic-agent -- sh -c 'cat /proc/[0-9]*/status 2>/dev/null; true' 2>"$SAID" |
      awk '/^VmRSS/ && $2 > most {most = $2} END {if (most) printf "%.1f", most / 1024}')")
  done
  printf 'agents=%d\nunseen=%d\nvalue=%s\n' "$(wc -w <<<"$names")" \
    $(($(wc -w <<<"$names") - $(wc -w <<<"${memory[*]-}"))) "${memory[*]-}"
}

# Of a whole image archive: its parts are there, and the file ends where it should.
image_size() {
  tar -tf target/images/traffic-agent.tar >"$WORK/parts" 2>"$SAID" || fail "the image is broken: $(said)" || return
  echo "manifests=$(grep -c '^manifest.json$' "$WORK/parts")"
  printf 'value=%s\n' "$(gzip -c target/images/traffic-agent.tar | wc -c | awk '{print $1 / 1e6}')"
}

# Sets ADDRESS (through the agent) and APP_ADDRESS (beside it) of echo's pod.
find_echo() {
  local ip port
  read -r _ ip port <<<"$(pods echo agent | head -n 1)"
  [ -n "${port:-}" ] || fail "no pod of echo has an agent" || return
  ADDRESS=http://$ip:$port/ APP_ADDRESS=http://$ip:8080/
}

row_agent() {
  connected && with_agent echo && find_echo || return
  load node 16 echo "$ADDRESS" >/dev/null || return
  repeat_both ours "${LOAD_CHECKS[@]}" -- load node 16 echo "$ADDRESS" \
    :: theirs "${LOAD_CHECKS[@]}" -- load node 16 echo "$APP_ADDRESS"
  result "requests per second through an idle agent" "1/s" ">= 0.9 x" ratio ours "$NO_AGENT" theirs
  sample memory 'agents>=1' unseen=0 -- agents_memory || true
  result "agent RSS, every agent that runs" "MiB" "<= 80" plain memory
  if [ "$PROGRAM" = other ]; then
    lacks "agent image, compressed" "which of its images is the agent's is not known here"
    return
  fi
  sample image manifests=1 -- image_size || true
  result "agent image, compressed" "MB" "<= 70" plain image
}

# http_rows WHAT SERVER [HEADER [EXTRA-CHECK PRIMITIVE]]: against the pod's own port without an agent. SERVER answers.
http_rows() {
  local what=$1 server=$2 header=${3:-} prefix=${1//[^a-z]/} checks=("${LOAD_CHECKS[@]}") primitive=load
  [ $# -lt 5 ] || { checks+=("$4") && primitive=$5; }
  if "$primitive" node 16 "$server" "$ADDRESS" "$header" >/dev/null; then
    repeat_both "$prefix=value,${prefix}p50=p50,${prefix}p99=p99" "${checks[@]}" -- "$primitive" node 16 "$server" "$ADDRESS" "$header" \
      :: "${prefix}n=value,${prefix}n50=p50,${prefix}n99=p99" "${LOAD_CHECKS[@]}" -- load node 16 echo "$APP_ADDRESS" "$header"
  else
    cp "$WHY" "$WORK/series/$prefix.error"
    cp "$WHY" "$WORK/series/${prefix}p50.error"
    cp "$WHY" "$WORK/series/${prefix}p99.error"
  fi
  result "$what: requests" "1/s" "" ratio "$prefix" "$NO_AGENT" "${prefix}n"
  result "$what: p50" "ms" "" difference "${prefix}p50" "$NO_AGENT" "${prefix}n50"
  result "$what: p99" "ms" "" difference "${prefix}p99" "$NO_AGENT" "${prefix}n99"
}

# Packets that reach the local program, counted by the laptop's kernel.
COPIES_TABLE=telepresence_bench_copies
start_copies() {
  stop_copies
  must "counting copies failed" laptop nft "table inet $COPIES_TABLE {
    chain arrived { type filter hook input priority 0; policy accept; tcp dport $LOCAL_PORT counter; }
  }"
}
stop_copies() { laptop nft delete table inet $COPIES_TABLE >/dev/null 2>&1 || true; }
copies() { laptop nft list table inet $COPIES_TABLE | sed -n 's/.*counter packets \([0-9]*\).*/\1/p'; }
load_with_copies() {
  local before after
  before=$(copies)
  load "$@" || return
  after=$(copies)
  [ -n "$before" ] && [ -n "$after" ] || fail "the copies could not be counted" || return
  echo "copies=$((after - before))"
}

row_filters() {
  connected && with_agent echo && find_echo && start_local || return
  http_rows "agent, nothing engaged" echo
  filtered_rows || not_measured "agent, a filter" error "$(cat "$WHY")"
  disengage echo
  wiretap_rows || not_measured "agent, a wiretap" error "$(cat "$WHY")"
  disengage echo
  whole_port_rows || not_measured "agent, the whole port" error "$(cat "$WHY")"
  disengage echo
}

filtered_rows() {
  has intercept --http-header || { lacks "agent, a filter" "its intercept has no --http-header" && return; }
  engage intercept echo --port "$LOCAL_PORT:http" --http-header x-user=bench || return
  # The filter is there, so that passing it by is work.
  within "$SOON" answer node "$LOCAL_NAME" "$ADDRESS" "x-user: bench" || return
  http_rows "agent, a filter that does not match" echo
  http_rows "agent, a filter that matches" "$LOCAL_NAME" "x-user: bench"
  leave echo
}

wiretap_rows() {
  has wiretap || { lacks "agent, a wiretap" "it has no command wiretap" && return; }
  engage wiretap echo --port "$LOCAL_PORT:http" || return
  start_copies || return
  http_rows "agent, a wiretap" echo "" 'copies>=1' load_with_copies
  stop_copies
  leave echo
}

whole_port_rows() {
  engage intercept echo --port "$LOCAL_PORT:http" || return
  within "$SOON" answer node "$LOCAL_NAME" "$ADDRESS" || return
  http_rows "agent, the whole port to the laptop" "$LOCAL_NAME"
  leave echo
}

# From the command to the first answer of the local program, ms.
first_answer() { # first_answer none|agent: what echo has before
  local start end
  settled echo "$1" || fail "echo is not as it should be: $1" || return
  answer node echo "$ECHO_URL" >/dev/null || return
  start=$(date +%s%N)
  engage intercept echo --port "$LOCAL_PORT:http" || return
  until answered_locally >/dev/null; do
    [ $((($(date +%s%N) - start) / 1000000000)) -lt "$LATE" ] || fail "$LATE s after the intercept's begin: $(cat "$WHY")" || return
    sleep 0.02
  done
  end=$(date +%s%N)
  printf 'value=%d\nanswered_by=local\n' $(((end - start) / 1000000))
}

row_engage() {
  local i
  connected && start_local || return
  for ((i = 0; i < runs; i++)); do
    without_agent echo || return
    sample cold answered_by=local -- first_answer none || true
    disengage echo
    with_agent echo || return
    sample warm answered_by=local -- first_answer agent || true
    disengage echo
  done
  result "intercept to first local answer, no agent yet" "ms" "" plain cold
  result "intercept to first local answer, agent there" "ms" "" plain warm
}

FILE_BYTES=$((100 * 1048576))
PLACES='7 91 33 58 2 77 45 19 64 88 11 52 70 26 95 38 4 83 60 15'

# A new mount each time, so that no page of it is in the laptop's memory.
mounted() {
  must "intercept with a mount failed" tel intercept example-app --port "$LOCAL_PORT:http" --mount "$WORK/mount" || return
  within "$SOON" laptop test -e "$WORK/mount/data" || fail "$WORK/mount has no /data"
}
mount_read() {
  mounted || return
  LC_ALL=C laptop dd if="$WORK/mount/data/bench" of=/dev/null bs=1M >"$SAID" 2>&1 || fail "dd failed: $(said)" || return
  awk '/copied/ {printf "bytes=%s\nvalue=%g\n", $1, $1 / $(NF - 3) / 1e6}' "$SAID"
  # From the laptop's memory now, as it was read.
  echo "content=$(laptop sha256sum "$WORK/mount/data/bench" | cut -d' ' -f1)"
  leave example-app
}
exec_read() {
  local start end bytes
  start=$(date +%s%N)
  bytes=$(admin kubectl exec "$MOUNT_POD" -c echo-server -- cat /data/bench 2>"$SAID" | wc -c) || fail "kubectl exec failed: $(said)" || return
  end=$(date +%s%N)
  awk -v t=$((end - start)) -v b="$bytes" 'BEGIN {printf "bytes=%d\nvalue=%g\n", b, b / (t / 1e9) / 1e6}'
}
# shellcheck disable=SC2016  # for the shell over there
SCATTERED='for i in $2; do dd if="$1" bs=4k count=1 skip=$((i * 256)) 2>/dev/null; done'
random_reads() {
  local start end content
  mounted || return
  start=$(date +%s%N)
  content=$(laptop sh -c "$SCATTERED" sh "$WORK/mount/data/bench" "$PLACES" | sha256sum | cut -d' ' -f1)
  end=$(date +%s%N)
  awk -v t=$((end - start)) -v c="$content" 'BEGIN {printf "content=%s\nvalue=%g\n", c, t / 1e6 / 20}'
  leave example-app
}

# The file is written through the mount, and must have arrived in the pod.
prepare_mount() {
  local there
  head -c $FILE_BYTES /dev/urandom >"$WORK/file"
  FILE_HASH=$(sha256sum <"$WORK/file" | cut -d' ' -f1)
  SCATTERED_HASH=$(sh -c "$SCATTERED" sh "$WORK/file" "$PLACES" | sha256sum | cut -d' ' -f1)
  mkdir -p "$WORK/mount"
  mounted || return
  must "writing through the mount failed" laptop dd if="$WORK/file" of="$WORK/mount/data/bench" bs=1M conv=fsync || return
  leave example-app || return
  read -r MOUNT_POD _ <<<"$(pods example-app agent | head -n 1)"
  there=$(admin kubectl exec "$MOUNT_POD" -c echo-server -- sha256sum /data/bench 2>"$SAID" | cut -d' ' -f1)
  [ "$there" = "$FILE_HASH" ] || fail "the file that was written through the mount is another one in the pod: $(said)"
}

row_mount() {
  connected && prepare_mount || return
  repeat_both read "bytes=$FILE_BYTES" "content=$FILE_HASH" -- mount_read :: exec "bytes=$FILE_BYTES" -- exec_read
  disengage example-app
  result "100 MB read through the mount" "MB/s" "" ratio read "kubectl exec cat" exec
  repeat places "content=$SCATTERED_HASH" -- random_reads || true
  disengage example-app
  result "4 KiB at a random place of the mount (with starting dd)" "ms" "" plain places
}
