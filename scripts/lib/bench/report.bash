# Sourced by scripts/bench: the file of all figures, the table, and the last word.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

kubernetes_version() { if needs_cluster; then kube version -o json 2>/dev/null | jq -r .serverVersion.gitVersion; fi; }
java_version() { sed -n 's/^JAVA_VERSION="\(.*\)"/\1/p' "$JAVA_HOME/release"; }
product_version() { sed -n 's|^  <version>\(.*\)</version>|\1|p' pom.xml | head -n 1; }
revision() { git rev-parse --short HEAD 2>/dev/null || true; }

# The rows of both programs side by side: ours with the other's as "other".
write_report() {
  mkdir -p "$(dirname "$1")"
  jq -s --arg kubernetes "$(kubernetes_version)" --arg kernel "$(uname -r)" --arg java "$(java_version)" \
    --arg product "$(product_version)" --arg revision "$(revision)" --arg date "$(date -u +%Y-%m-%dT%H:%M:%SZ)" \
    --argjson cpus "$(nproc)" --argjson runs "$runs" --arg other "$OTHER" '
    def key: [.row, .name];
    def bare: del(.program, .row, .name, .unit, .budget, .compare);
    {
      environment: ({$kubernetes, $kernel, $java, $product, $revision, $date, $cpus, $runs, $other} | with_entries(select(.value != ""))),
      rows: (. as $all
        | reduce .[] as $r ([]; if any(.[]; key == ($r | key)) then . else . + [$r] end)
        | map(key as $key
          | ($all | map(select(key == $key and .program == "ours")) | first) as $ours
          | ($all | map(select(key == $key and .program == "other")) | first) as $theirs
          | ($ours // ($theirs | {row, name, unit, budget})) | del(.program)
          | if $theirs then .other = ({name: $other} + ($theirs | bare)) else . end
          | if .median and .other.median then .ratioToOther = .median / .other.median else . end))
    }' "$RESULTS" >"$1.new"
  mv "$1.new" "$1"
}

print_table() {
  jq -r '
    def figure: if . == null then "" elif . == 0 then "0" else
      (. as $v | (($v | fabs | log10 | floor) - 3) as $e
       | if $e >= 0 then ($v | round) else ($v * pow(10; -$e) | round / pow(10; -$e)) end | tostring) end;
    def reason: if .error then "not measured: \(.error)" elif .skipped then "no such row: \(.skipped)" else null end;
    def outcome: if .ratio then "\(.ratio * 100 | round / 100) x" elif .difference then "\(.difference * 1000 | round / 1000)"
      else (.median | figure) end;
    def cells: [(.median | figure), "(\(.min | figure) - \(.max | figure))", (.peer.median | figure), (.samples | length | tostring), outcome];
    (.environment.other != null) as $two
    | .rows[]
    | (if .unit and .unit != "" then "\(.name) [\(.unit)]" else .name end) as $what
    | (if .median then ["figures", $what] + cells + [.budget] elif reason then ["words", $what, reason] else empty end),
      (if $two and .other then (.other | if reason then ["words", "  \(.name)", reason] else empty end) else empty end),
      (if $two and .other.median then . as $row | .other
        | ["figures", "  \(.name)"] + cells + [($row.ratioToOther | if . then "ours/other \(. * 100 | round / 100)" else "" end)] else empty end)
    | join("\u001f")' "$1" | awk -F '\037' '
    BEGIN {printf "%-58s %10s %22s %10s %5s %10s  %s\n", "what", "median", "(min - max)", "peer", "runs", "result", "budget"}
    $1 == "words" {printf "%-58s %s\n", $2, $3; next}
    {printf "%-58s %10s %22s %10s %5s %10s  %s\n", $2, $3, $4, $5, $6, $7, $8}'
}

# The last word: no time is judged, but work that failed is.
judge_work() {
  local failed
  failed=$(jq -r '.rows[] | (select(.error) | .name), (select(.other.error) | "\(.name) (\(.other.name))")' "$1" | paste -sd ';' | sed 's/;/; /g')
  [ -z "$failed" ] || {
    echo "error: not everything could be measured, since its work failed: $failed" >&2
    exit 1
  }
}
