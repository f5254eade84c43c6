# Sourced by scripts/bench: primitives. Each works once at a PLACE (a function that runs a command somewhere), counts at the
# receiving end, and prints its evidence; see measure.bash.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

# The sample server sends bytes of this pattern, and compares what it gets with it: byte i is i % 251. A test takes less.
PIECE=${BENCH_PIECE:-$((251 * 23904))}
BYTES=$((PIECE * 100))

# The file that holds PIECE bytes of the pattern.
pattern_piece() {
  local few=$WORK/pattern-96
  if [ ! -s "$WORK/pattern" ]; then
    # shellcheck disable=SC2059  # the format is the bytes
    for _ in {1..96}; do printf "$(printf '\\x%02x' {0..250})"; done >"$few"
    ends_early "$few" | head -c "$PIECE" >"$WORK/pattern"
  fi
  echo "$WORK/pattern"
}
ends_early() { while cat "$1" 2>/dev/null; do :; done || true; }

pattern_hash() { # pattern_hash BYTES
  local file
  file=$(pattern_piece)
  ends_early "$file" | head -c "$1" | sha256sum | cut -d' ' -f1
}

# content PLACE FLOWS BYTES URL: not timed; the warm-up, in which every byte is compared.
content() {
  local want i pids=()
  want=$(pattern_hash "$3")
  for ((i = 0; i < $2; i++)); do
    "$1" curl -sS -m 60 "$4" 2>"$WORK/content-$i.err" </dev/null | sha256sum >"$WORK/content-$i" &
    pids+=($!)
  done
  wait "${pids[@]}" || true
  for ((i = 0; i < $2; i++)); do
    [ "$(cut -d' ' -f1 "$WORK/content-$i")" = "$want" ] || {
      cat "$WORK/content-$i.err" >"$SAID"
      fail "what came from $4 is not what the server sends: $(said)"
      return
    }
  done
}

# download PLACE URL -> MB/s of one flow
download() {
  "$1" curl -sS -m 60 -o /dev/null -w 'clocked %{http_code} %{size_download} %{time_total}\n' "$2" >"$SAID" 2>&1 ||
    fail "curl ended with $?: $(said)" || return
  awk '/^clocked / {printf "status=%s\nbytes=%.0f\nvalue=%g\n", $2, $3, ($4 > 0 ? $3 / $4 / 1e6 : 0)}' "$SAID"
}

# downloads PLACE FLOWS URL -> MB/s of all flows at once, of the bytes that came
downloads() {
  # shellcheck disable=SC2016  # for the shell over there
  "$1" sh -c 'start=$(date +%s%N)
    for i in $(seq "$1"); do
      curl -sS -m 60 -o /dev/null -w "clocked flow %{http_code} %{size_download}\n" "$2" || echo "clocked failed $?" &
    done
    wait
    end=$(date +%s%N)
    echo "clocked $((end - start))"' sh "$2" "$3" >"$SAID" 2>&1 || fail "the flows did not end: $(said)" || return
  awk '$2 == "flow" {bytes += $4; if ($3 == 200) good++} $2 == "failed" {failed++}
    /^clocked [0-9]/ {t = $2 / 1e9}
    END {printf "flows=%d\nfailed=%d\nbytes=%.0f\nvalue=%g\n", good, failed, bytes, (t > 0 ? bytes / t / 1e6 : 0)}' "$SAID"
}

# upload PLACE URL -> MB/s; the server says what has arrived
upload() {
  # shellcheck disable=SC2016  # for the shell over there
  "$1" sh -c 'cat $(for i in $(seq 100); do echo "$1"; done) |
    curl -sS -m 60 -w "clocked %{http_code} %{size_upload} %{time_total}\n" -H Expect: -T - "$2"' sh "$(pattern_piece)" "$2" \
    >"$SAID" 2>&1 || fail "curl ended with $?: $(said)" || return
  awk '/^received / {arrived = $2; pattern = $5} /^clocked / {status = $2; t = $4}
    END {printf "status=%s\narrived=%s\npattern=%s\nvalue=%g\n", status, arrived, pattern, (t > 0 ? arrived / t / 1e6 : 0)}' "$SAID"
}

# answer PLACE SERVER URL [HEADER]: the size of one answer of the sample server of that name, its head included. The
# request is the one that wrk sends, since the server tells the request in its answer.
answer() {
  "$1" curl -sS -m 5 --connect-timeout 2 -H User-Agent: -H Accept: ${4:+-H "$4"} \
    -w '\nclocked %{http_code} %{size_header} %{size_download}\n' "$3" >"$WORK/answer" 2>&1 </dev/null || true
  awk -v line="Service: $2" '/^clocked / {code = $2; size = $3 + $4} $0 == line {right = 1}
    END {if (code != 200 || !right) exit 1; print size}' "$WORK/answer" && return
  fail "$3 was not answered by $2, but: $(awk '/^clocked / {code = $2; next} /^curl: |^Service: / {line = $0}
    END {print (code + 0 > 0 ? "status " code ", " : "") line}' "$WORK/answer" | cut -c 1-200)"
}

# load PLACE CONNECTIONS SERVER URL [HEADER] -> requests per second on kept connections for 3 s; ms: mean, p50, p99.
# Before and after it the right server answers, and meanwhile as many bytes come as so many of its answers have.
load() {
  local size
  size=$(answer "$1" "$3" "$4" "${5:-}") || return
  "$1" wrk -t 1 -c "$2" -d 3s --timeout 10s --latency -s "$PWD/scripts/lib/bench/load.lua" ${5:+-H "$5"} "$4" >"$SAID" 2>&1 ||
    fail "wrk ended with $?: $(said)" || return
  [ "$(answer "$1" "$3" "$4" "${5:-}")" = "$size" ] || fail "${4}: after the requests the answer was another one" || return
  awk -v size="$size" -v many="$2" '/^load / && $3 > 0 {
    printf "value=%g\nmean=%g\np50=%g\np99=%g\n", $3 / ($2 / 1e6), $2 / 1000 * many / $3, $7 / 1000, $8 / 1000
    printf "requests=%d\nerrors=%d\nnot2xx=%d\nbytes=%.0f\n", $3, $5, $6, $4
    print "answers=" ($4 >= $3 * size && $4 <= ($3 + many) * size ? "whole" : $4 " bytes for " $3 " requests of " size)
  }' "$SAID"
}
LOAD_CHECKS=('requests>=1' errors=0 not2xx=0 answers=whole)

# calls PLACE SERVER NUMBER AT-ONCE URL -> ms each, and calls per second; a new connection for each
calls() {
  answer "$1" "$2" "$5" >/dev/null || return
  "$1" ab -q -n "$3" -c "$4" "$5" >"$SAID" 2>&1 || fail "ab ended with $?: $(said)" || return
  answer "$1" "$2" "$5" >/dev/null || return
  awk -v n="$3" '/^Document Length/ {length1 = $3} /^Complete requests/ {complete = $3} /^Failed requests/ {failed = $3}
    /^Non-2xx responses/ {other = $3} /^HTML transferred/ {bytes = $3} /^Requests per second/ {rate = $4}
    /^Time per request/ && !ms {ms = $4}
    END {
      printf "complete=%d\nfailed=%d\nnot2xx=%d\nms=%g\nrate=%g\n", complete, failed, other, ms, rate
      print "answers=" (length1 > 0 && bytes == n * length1 ? "whole" : bytes " bytes for " n " answers of " length1)
    }' "$SAID"
}

# kept PLACE SERVER URL -> mean ms of 199 requests on one connection; the first, which connects, is left out
kept() {
  local urls=() outs=()
  answer "$1" "$2" "$3" >/dev/null || return
  for _ in $(seq 200); do urls+=("$3") outs+=(-o /dev/null); done
  "$1" curl -sS -m 60 "${outs[@]}" -w 'clocked %{http_code} %{size_download} %{num_connects} %{time_total}\n' "${urls[@]}" \
    >"$SAID" 2>&1 || fail "curl ended with $?: $(said)" || return
  awk '/^clocked / {n++; if ($2 == 200 && $3 > 0) good++; connects += $4; if (n > 1) sum += $5}
    END {printf "answers=%d\nconnections=%d\nvalue=%g\n", good, connects, (n > 1 ? sum * 1000 / (n - 1) : 0)}' "$SAID"
}

# clocked PLACE COMMAND… -> ms, without getting to the place
clocked() {
  local place=$1
  shift
  # shellcheck disable=SC2016  # for the shell over there
  "$place" sh -c 'start=$(date +%s%N); "$@"; code=$?; end=$(date +%s%N); echo; echo "clocked $((end - start)) $code"' sh "$@" \
    >"$SAID" 2>&1 </dev/null || fail "$* did not end: $(said)" || return
  awk '/^clocked / {ms = $2 / 1e6; code = $3} END {printf "value=%g\nexit=%s\n", ms, code; exit (code != 0 || code == "")}' "$SAID" ||
    fail "$(basename "$1") ${*:2} failed: $(said)"
}
