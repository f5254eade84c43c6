# Sourced by scripts/test: what its runs have left, as tables and sums.
# shellcheck disable=SC2154  # \$began and \$only are those of scripts/test

RESULTS=target/e2e

# Two modules at once: their tests wait more than they work.
unit_tests() {
  find . -path '*/target/surefire-reports/TEST-*.xml' -delete
  scripts/mvn -T 2 install
}

# The tables, the folders of what failed, and how many tests there were.
finish() { # finish STATUS
  local file folder
  for file in "$RESULTS"/times-*.tsv; do
    [ -f "$file" ] || continue
    say "Time of each class on Kubernetes $(basename "$file" .tsv | sed s/times-//), in seconds, the longest first"
    times_table "$file"
  done
  for folder in "$RESULTS"/failed/*/; do
    [ -d "$folder" ] || continue
    echo "FAILED: $(basename "$folder"); what was seen there: $folder"
    last_words "$folder"
  done
  failures
  say "The whole took $(awk -v s=$((SECONDS - began)) 'BEGIN { printf "%.1f", s / 60 }') min"
  sums
  exit "$1"
}

# The ends of the daemons' logs at the first failure of a class: they may be all that is left of another machine.
last_words() { # last_words FOLDER
  local first log
  first=$(find "$1" -mindepth 1 -maxdepth 1 -type d -printf '%T@ %p\n' | sort -n | sed 's/^[^ ]* //;q')
  [ -n "$first" ] || return 0
  find "$first/logs" -name '*.log' -size +0 2>/dev/null | sort | head -n 3 | while read -r log; do
    echo "  ${log#"$first/"}:"
    tail -n 6 "$log" | cut -c 1-240 | sed 's/^/    /'
  done
}

# A line for each test that failed, with the beginning of what it said: enough where only the end of the output is kept.
failures() {
  report_files | sed -z 's#/TEST-\([^/]*\)\.xml$#/\1.txt#' | xargs -0 -r cat 2>/dev/null | awk '
    function tell() { if (test != "") printf "FAILED: %s: %s\n", test, substr(words, 1, 800); test = words = "" }
    /^Tests run:/ || /^$/ || /^-----/ || /^Test set:/ { if (/^Tests run:/) tell(); next }
    / <<< (FAILURE|ERROR)!$/ { tell(); test = $1; next }
    /^\tat / || /^Caused by: / || /^\t\.\.\. / { next }
    test != "" { gsub(/[[:space:]]+/, " "); words = words (words == "" ? "" : " | ") $0 }
    END { tell() }' | awk '!seen[$0]++' | head -n 20
}

times_table() { # times_table FILE
  {
    sed 1d "$1" | sort -t"$(printf '\t')" -k5,5nr
  } | awk -F'\t' '
    BEGIN { printf "%-26s %5s %6s %7s %7s %6s %7s %6s %6s\n", "class", "tests", "failed", "skipped", "total", "set-up", "waiting", "work", "busy" }
    {
      printf "%-26s %5d %6d %7d %7.1f %6.1f %7.1f %6.1f %5d%%\n", $1, $2, $3, $4, $5, $6, $7, $8, $10
      for (i = 2; i <= 8; i++) sum[i] += $i
    }
    END { printf "%-26s %5d %6d %7d %7.1f %6.1f %7.1f %6.1f\n", "all", sum[2], sum[3], sum[4], sum[5], sum[6], sum[7], sum[8] }'
}

# Of every report of Surefire and Failsafe, and of the demos: "N passed, N failed, N skipped".
sums() {
  local demos
  demos=$(cat "$RESULTS"/demo-* 2>/dev/null | grep -xE 'passed|failed' || true)
  {
    report_files | xargs -0 -r grep -ho '<testsuite [^>]*>'
    sed 's/^passed$/tests="1"/; s/^failed$/tests="1" failures="1"/' <<<"$demos"
  } | awk '
    function number(name) { return match($0, " ?" name "=\"[0-9]+\"") ? substr($0, RSTART + index(substr($0, RSTART), "\""), RLENGTH) + 0 : 0 }
    { tests += number("tests"); failed += number("failures") + number("errors"); skipped += number("skipped") }
    END { printf "%d passed, %d failed, %d skipped\n", tests - failed - skipped, failed, skipped }'
}

report_files() {
  [ -n "$only" ] || find . -path '*/target/surefire-reports/TEST-*.xml' -print0
  find "$RESULTS" -path '*/reports-*/TEST-*.xml' -print0 2>/dev/null || true
}
