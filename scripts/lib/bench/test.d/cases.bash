# shellcheck shell=bash disable=SC2034,SC2154,SC2016  # what is said here is used there, or evaluated later
# Sourced by ../test: what is broken, and which figures there must not be.

# Everything works: a number everywhere.
bench ''
check "with all working, the bench succeeds" code_is 0
check "  each figure has its samples and what it is compared with" json '.rows | length > 35 and all(.[]; (.samples | length) > 0 and .median > 0 and .error == null)'
check "  nothing else is in the environment than what is known" json '.environment | .kubernetes == "v1.36.3" and .kernel and .java and .product and .date'
check "  the table has a line for each figure" eval '[ "$(wc -l <"$T/out")" = "$(jq ".rows | length + 1" "$JSON")" ]'
bench '' --json cli
check "--json prints what is in the file" eval 'diff "$T/out" "$JSON" >/dev/null'

# No connection, though the command says that there is one. (8 flows that get nothing are not fast.)
fails tunnel "flow flows latency connections session cli intercept agent filters engage mount" \
  "flow|flows|latency|connections|connect, daemons cold|connect, daemons warm|quit|cli|intercept|agent|filters|engage|mount" "not answered by echo|Failed to connect"
fails connect "flow session cli" "flow|connect, daemons cold|cli" "no daemon"
fails short "flow flows mount" "flow|flows|100 MB read" "bytes|not what the server sends"
fails content "flow flows" "flow|flows" "not what the server sends"
fails sink "flow" "600 MB up" "arrived"
fails status "flow latency" "flow|latency" "503|status"
fails forward "flows latency" "flows|latency" "port-forward does not answer"
fails errors "latency agent filters" "request on|requests per|agent, nothing|agent, a filter" "errors: 3"
fails refused "latency connections agent" "request on|new connection|requests per" "not2xx"
fails others "latency agent" "request on|requests per" "answers: .* bytes for"
fails lost "latency connections agent" "request on|new connection|requests per" "requests|answers|no figure|nothing"
fails failed connections "new connection" "failed: 2"
fails quit session "connect, daemons warm|quit" "answered without a connection"
fails silent cli "telepresence status|telepresence version, no daemon" "has no"
fails version cli "cli" "failed"
fails intercept "intercept engage filters" "intercept|agent, a filter|agent, the whole port" "was not answered by developers-own"
fails copies filters "agent, a wiretap" "copies: 0"
fails memory agent "agent RSS" "unseen: 1"
fails written mount mount "is another one in the pod"
fails tun tun "TUN stage" "no figure"
fails handler docker docker "handler|not answered|Failed"
fails helm "flow cli" "flow|cli" "helm install failed: error: no chart"

# In a cluster of its own, which goes.
bench '' attack
check "attacks: each has its figure" eval 'code_is 0 && json "[.rows[] | {name, median}] == [{name: \"others waited at most, under json\", median: 700}, {name: \"others waited at most, under udp\", median: 90}]"'
check "  the cluster has gone" grep -qx "cluster down attack" "$FAKE/log"
fails attack attack "others waited" "exit: 1, not 0 .*ERROR.*restarted"
fails victims attack "others waited at most, under udp" "asked: 0, not 3"
fails attacker attack "attack" "no attack has told .*COMPILATION ERROR"

# The other program.
peer=$T/peer/telepresence
bench '' --peer "$peer" --peer-image "$T/tree/target/images/telepresence.tar" flow session cli filters tun
check "--peer: both are measured" code_is 0
check "  with their ratio" json '[.rows[] | select(.ratioToOther)] | length > 8'
check "  it is named" json '.environment.other == "telepresence v2.20.2" and .rows[0].row == "flow"'
check "  what it has no command for is no failure" json 'any(.rows[]; .other.skipped // "" | test("no command wiretap"))'
check "  the table has both" says "ours/other"
check "  one manager after the other, none is left" eval '[ ! -e "$FAKE/manager" ] && [ "$(grep -o "^[a-z]* helm [a-z]*" "$FAKE/log" | paste -sd ,)" = "ours helm install,ours helm uninstall,peer helm install,peer helm uninstall" ]'
check "  each has its own home" eval '[ "$(grep "^ours connect" "$FAKE/log" | grep -c "/ours$")" -gt 0 ] && ! grep "^peer" "$FAKE/log" | grep -v "/other$" | grep .'
check "  the default route is for its turn only, and never without the rule" eval '[ "$(grep -o "^rule gone.*\|^route.*\|^rule:\|^peer connect\|^ours connect" "$FAKE/log" | uniq | paste -sd ,)" = "ours connect,rule:,route up,peer connect,route gone,rule gone, route gone" ]'
check "  the rule drops what is not for the end of the wire" grep -q 'iifname "wire0" ip daddr != { 198.18.0.1 } counter drop' "$FAKE/log"
check "  no other route was touched" eval '! grep -q "^ip outside" "$FAKE/log"'
bench uninstall --peer "$peer" cli
check "a manager whose own command leaves it is removed by hand" eval 'code_is 0 && [ ! -e "$FAKE/manager" ]'
bench tunnel --peer "$peer" flow
check "a failure of the other program fails the bench too" eval 'code_is 1 && json ".rows[0].other.error" && says "flow \(telepresence v2.20.2\)"'

# Ended in the middle of the other program's turn.
rm -rf "$FAKE"
mkdir -p "$FAKE"
cp "$T/pattern" "$FAKE/"
BREAK='' "$T/tree/scripts/bench" --runs 3 --peer "$peer" session >"$T/out" 2>"$T/err" </dev/null &
bench_pid=$!
for _ in $(seq 600); do [ -e "$FAKE/route" ] && grep -q "^peer connect" "$FAKE/log" && break || sleep 0.2; done
check "the route is there meanwhile" test -e "$FAKE/route"
kill -TERM "$bench_pid"
wait "$bench_pid"
check "ended early, the route, the rule and the manager are gone" eval '[ ! -e "$FAKE/route" ] && [ ! -e "$FAKE/rule" ] && [ ! -e "$FAKE/manager" ]'

# Bad input: one sentence, and nothing was begun.
refused() { # refused SENTENCE ARG…
  rm -rf "$FAKE"
  mkdir -p "$FAKE"
  CODE=0
  "$T/tree/scripts/bench" "${@:2}" >"$T/out" 2>"$T/err" </dev/null || CODE=$?
  check "refused: ${*:2}" eval 'code_is 2 && [ "$(wc -l <"$T/err")" = 1 ] && [ ! -s "$T/out" ] && [ ! -e "$FAKE/log" ] && grep -q "$sentence" "$T/err"'
}
for arguments in nonsense "flow nonsense" "--runs 0" "--runs abc" "--runs -1" "--runs" "--peer" "--peer /nowhere" "--peer $T/tree" \
  "--peer $T/pattern" "--peer /bin/true" "--peer-image $T/pattern" "--peer $peer --peer-image /nowhere" "--peer-helm --set" "--nonsense" "--out $T"; do
  sentence='^error: '
  # shellcheck disable=SC2086  # a list of words
  refused "$sentence" $arguments
done

# By construction: nothing else writes figures, and a sample without an expectation is refused.
check "only measure.bash writes samples and results" eval '! grep -nE ">>? *\"?\\\$(RESULTS|WORK/series/[^ ]*samples)" "$HERE"/*.bash "$ROOT/scripts/bench" | grep -v "/measure.bash:"'
check "a sample needs an expectation" eval '! (. "$HERE/measure.bash"; refuse() { echo "$*" && exit 2; }; WORK=$T/empty; mkdir -p "$WORK/series"; sample x -- echo value=1) >"$T/out" && grep -q "without saying what is expected" "$T/out"'
for value in 0 -1 '' abc 'nan' '1 0'; do
  check "'$value' is no figure" eval '(. "$HERE/measure.bash"; bench_begin; ! sample x a=b -- printf "a=b\nvalue=%s\n" "$value"; code=$?; rm -rf "$WORK"; exit $code)'
done
