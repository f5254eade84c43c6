# Sourced by scripts/test: what the traffic-managers asked of the API servers in a run, against what the chart grants.
# shellcheck disable=SC2154  # $RESULTS is that of results.bash

# audit_keep LABEL SINCE: of the calls since then, what the comparison needs. The cluster may go afterwards.
audit_keep() {
  local folder file
  folder=$(scripts/cluster env | sed -n 's/^TEST_CLUSTER_AUDIT=//p')
  [ -s "$folder/audit.log" ] || return 0
  file=$RESULTS/audit-$1
  # The oldest first: rotated ones carry the time in their names.
  { find "$folder" -name 'audit-*.log' -print0 | sort -z | xargs -0 -r cat && cat "$folder/audit.log"; } |
    audit_lines "$2" | gzip -1 >"$file.gz"
  audit_whole "$folder" "$2" || touch "$file.partial"
}

# audit_lines SINCE: those of traffic-managers, and changes of their rights.
audit_lines() {
  grep -E '"username":"system:serviceaccount:[^":]*:traffic-manager(-uninstall)?"|"resource":"(cluster)?role(binding)?s"' |
    awk -v since="$1" 'match($0, /"requestReceivedTimestamp":"[^"]*"/) && substr($0, RSTART + 28, 19) >= since'
}

# audit_whole FOLDER SINCE: whether nothing of that time has been rotated away.
audit_whole() {
  local oldest
  oldest=$(find "$1" -name 'audit-*.log' | sort | head -n 1)
  [ -z "$oldest" ] || [ "$(find "$1" -name 'audit-*.log' | wc -l)" -lt "$AUDIT_FILES" ] ||
    [ "$(head -n 1 "$oldest" | sed -n 's/.*"requestReceivedTimestamp":"\([^"]\{19\}\).*/\1/p')" \< "$2" ]
}
AUDIT_FILES=5

# rights_check whole|part: all that was kept. A rule that was not used counts only where everything has run to its end.
rights_check() {
  local how=$1 logs=() classes
  mapfile -t logs < <(find "$RESULTS" -maxdepth 1 -name 'audit-*.gz' | sort)
  [ ${#logs[@]} -gt 0 ] || return 0
  [ -z "$(find "$RESULTS" -maxdepth 1 -name 'audit-*.partial')" ] || how=part
  classes=$(mktemp)
  scripts/mvn -q -pl cli -Pe2e dependency:build-classpath -Dspotless.check.skip=true -Dmdep.outputFile="$classes" \
    -Dmdep.includeScope=test >/dev/null || return
  local status=0
  "$JAVA_HOME/bin/java" --enable-native-access=ALL-UNNAMED -cp "cli/target/test-classes:$(cat "$classes")" \
    io.telepresence.e2e.rights.RightsCheck traffic-manager/src/main/chart scripts/lib/test/rights "$how" \
    "$RESULTS/rights" "${logs[@]}" || status=1
  rm -f "$classes"
  return $status
}
