# Sourced by scripts/bench: repeats, medians, the table.

RESULTS=$(mktemp)

# stats VALUE… -> "median min max"
stats() {
  printf '%s\n' "$@" | sort -g | awk '{v[NR]=$1} END {m = NR%2 ? v[(NR+1)/2] : (v[NR/2]+v[NR/2+1])/2; print m, v[1], v[NR]}'
}

# repeat COMMAND… -> one number per run, on one line
repeat() {
  local i
  for ((i = 0; i < runs; i++)); do "$@"; done | tr '\n' ' '
}

# result WHAT UNIT BUDGET "VALUES" "PEER VALUES" MODE; MODE: ratio (ours/peer), difference (ours-peer), plain
result() {
  local ours peer
  read -r -a ours <<<"$(stats $4)"
  read -r -a peer <<<"$(stats ${5:-0})"
  printf '%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n' "$1" "$2" "$3" "$6" "${ours[@]}" "${peer[0]}" "$(wc -w <<<"$4")" \
    "$(awk -v a="${ours[0]}" -v b="${peer[0]}" -v m="$6" 'BEGIN {if (m=="ratio") printf "%.2f", b ? a/b : 0; else if (m=="difference") printf "%.3f", a-b; else printf "%s", a}')" >>"$RESULTS"
  tail -n 1 "$RESULTS" | awk -F'\t' '{printf "measured: %s: %s %s (%s to %s), peer %s, result %s, budget %s\n", $1, $5, $2, $6, $7, $8, $10, $3}' >&2
}

report() { # report JSON?
  if [ "$1" = yes ]; then
    awk -F'\t' 'BEGIN {print "["} {printf "%s  {\"what\": \"%s\", \"unit\": \"%s\", \"budget\": \"%s\", \"mode\": \"%s\", \"median\": %s, \"min\": %s, \"max\": %s, \"peer\": %s, \"runs\": %s, \"result\": %s}", NR>1 ? ",\n" : "", $1,$2,$3,$4,$5,$6,$7,$8,$9,$10} END {print "\n]"}' "$RESULTS"
  else
    awk -F'\t' 'BEGIN {printf "%-52s %10s %22s %10s %5s %10s  %s\n", "what", "median", "(min - max)", "peer", "runs", "result", "budget"}
      {printf "%-52s %10.4g %22s %10.4g %5s %10s  %s\n", $1 " [" $2 "]", $5, "(" sprintf("%.4g",$6) " - " sprintf("%.4g",$7) ")", $8, $9, $10 ($4=="ratio" ? " x" : ""), $3}' "$RESULTS"
  fi
}

# millis COMMAND… -> wall time in ms
millis() {
  local start end
  start=$(date +%s%N)
  "$@" >/dev/null 2>&1
  end=$(date +%s%N)
  awk -v t=$((end - start)) 'BEGIN {printf "%.1f\n", t/1e6}'
}
