# Sourced by scripts/bench: the one way by which a number gets into the table. A primitive does some work once and prints
# evidence, lines of KEY=VALUE; `sample` holds it against what is expected, and only then keeps the figure in a series;
# `result` knows series only.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

# One of each in the folder of a run, WORK: what a program has said, why something failed, the rows.
SAID=/dev/null WHY=/dev/null RESULTS=/dev/null
ROW='' PROGRAM=ours

bench_begin() {
  WORK=$(mktemp -d /tmp/tp-bench.XXXXXX)
  chmod 755 "$WORK"
  mkdir "$WORK/series"
  SAID=$WORK/said WHY=$WORK/why RESULTS=$WORK/results
  : >"$RESULTS"
}

# Says why, for whoever asked for this work.
fail() {
  printf '%s' "$*" >"$WHY"
  return 1
}

# What a program said last, in one line; its error if it names one.
said() {
  awk '/^clocked |^[[:space:]]*$/ {next} error == "" && tolower($0) ~ /error|failed|refused|denied/ {error = $0} {last = $0}
    END {print substr(error != "" ? error : last, 1, 200)}' "$SAID" | tr -d '\r'
}

# must SENTENCE COMMAND…: does what a row needs beforehand, or the row has failed.
must() {
  local sentence=$1
  shift
  "$@" >"$SAID" 2>&1 </dev/null && return
  fail "$sentence: $(said)"
}

# within SECONDS COMMAND…: tries until it succeeds.
within() {
  local deadline=$((SECONDS + $1))
  shift
  until "$@" >/dev/null 2>&1; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
  : >"$WHY"
}

# sample SERIES[=KEY][,SERIES=KEY…] CHECK… -- PRIMITIVE ARG…
# A check is KEY=VALUE, 'KEY>=NUMBER', or says=REGEX about what the program printed. There must be one. A series that has
# failed once stays failed.
sample() {
  local targets=$1 check why='' key line values=()
  local checks=()
  local -A evidence=()
  shift
  while [ $# -gt 0 ] && [ "$1" != -- ]; do checks+=("$1") && shift; done
  [ ${#checks[@]} -gt 0 ] && [ $# -gt 1 ] || refuse "a sample of $targets was asked for without saying what is expected"
  shift
  IFS=, read -r -a targets <<<"$targets"
  for key in "${targets[@]}"; do [ ! -s "$WORK/series/${key%%=*}.error" ] || return 1; done

  : >"$SAID"
  : >"$WHY"
  "$@" >"$WORK/evidence" 2>"$WORK/stderr" </dev/null || why=$(cat "$WHY")$(head -c 200 "$WORK/stderr") why=${why:-"$1 failed"}
  while IFS= read -r line; do evidence[${line%%=*}]=${line#*=}; done < <(grep '=' "$WORK/evidence")
  for check in "${checks[@]}"; do
    [ -z "$why" ] || break
    why=$(unmet "$check")
  done
  for key in "${targets[@]}"; do
    [ -z "$why" ] || break
    [[ $key = *=* ]] || key=$key=value
    read -r -a values <<<"${evidence[${key#*=}]:-}"
    are_figures "${values[@]}" || why="$1 gave no figure"
  done
  for key in "${targets[@]}"; do
    [[ $key = *=* ]] || key=$key=value
    if [ -n "$why" ]; then
      printf '%s' "$why" >"$WORK/series/${key%%=*}.error"
    else
      tr ' ' '\n' <<<"${evidence[${key#*=}]}" | grep . >>"$WORK/series/${key%%=*}.samples"
    fi
  done
  [ -z "$why" ]
}

# unmet CHECK: in words, what is not as it should be; nothing if all is well. Sees the evidence of `sample`.
unmet() {
  local key=${1%%[>=]*} want got words=''
  if [[ $1 = says=* ]]; then
    grep -qE -- "${1#says=}" "$SAID" || echo "the answer has no '${1#says=}': $(said)"
    return
  fi
  got=${evidence[$key]:-nothing}
  if [[ $1 = "$key>="* ]]; then
    want=${1#*>=}
    awk -v a="$got" -v b="$want" 'BEGIN {exit !(a ~ /^[0-9.]+$/ && a + 0 >= b + 0)}' || words="$key: $got, not $want or more"
  else
    want=${1#*=}
    [ "$got" = "$want" ] || words="$key: $got, not $want"
  fi
  [ -z "$words" ] || case $key in
    exit | status | failed) printf '%s (%s)\n' "$words" "$(said)" ;;
    *) echo "$words" ;;
  esac
}

# Work that was done takes time and has a size: 0 is none.
are_figures() {
  [ $# -gt 0 ] && printf '%s\n' "$@" | awk '!/^[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?$/ || $1 <= 0 {bad = 1} END {exit bad}'
}

# repeat SERIES CHECK… -- PRIMITIVE…: a sample for each run.
repeat() {
  local i
  for ((i = 0; i < runs; i++)); do sample "$@" || return 1; done
}

# Both sides in turn, so that what disturbs one disturbs the other: repeat_both A… :: B…
repeat_both() {
  local i ours=()
  while [ "$1" != :: ]; do ours+=("$1") && shift; done
  shift
  for ((i = 0; i < runs; i++)); do
    sample "${ours[@]}" || true
    sample "$@" || true
  done
}

# unmeasured SERIES: why there is no figure; nothing if there is one.
unmeasured() {
  local error=$WORK/series/$1.error
  if [ -s "$error" ]; then
    tr '\n\t' '  ' <"$error"
  elif [ ! -s "$WORK/series/$1.samples" ]; then echo "no sample was taken"; fi
}

# result NAME UNIT BUDGET MODE SERIES [PEER SERIES]; MODE: ratio (ours/peer), difference (ours-peer), plain.
result() {
  local why peer_why=''
  why=$(unmeasured "$5")
  [ $# -lt 7 ] || peer_why=$(unmeasured "$7")
  [ -z "$peer_why" ] || why=${why:+$why; }"$6: $peer_why"
  if [ -n "$why" ]; then
    not_measured "$1" error "$why" "$2" "$3"
    return
  fi
  jq -nc --arg program "$PROGRAM" --arg row "$ROW" --arg name "$1" --arg unit "$2" --arg budget "$3" --arg compare "$4" \
    --slurpfile samples "$WORK/series/$5.samples" --arg peer "${6:-}" \
    --slurpfile peers "$([ $# -lt 7 ] && echo /dev/null || echo "$WORK/series/$7.samples")" '
    def median: sort | if length % 2 == 1 then .[(length - 1) / 2] else (.[length / 2 - 1] + .[length / 2]) / 2 end;
    {$program, $row, $name, $unit, $budget, $compare, $samples, median: ($samples | median),
      min: ($samples | min), max: ($samples | max)}
    + if $peer == "" then {} else {peer: {name: $peer, samples: $peers, median: ($peers | median)}} end
    | if .compare == "ratio" then .ratio = .median / .peer.median
      elif .compare == "difference" then .difference = .median - .peer.median else . end' >>"$RESULTS"
  tail -n 1 "$RESULTS" | jq -r '"measured: \(.name): \(.median) \(.unit) (\(.min) to \(.max))"
    + if .peer then ", \(.peer.name) \(.peer.median)" else "" end' >&2
}

# not_measured NAME error|skipped WHY [UNIT BUDGET]
not_measured() {
  jq -nc --arg program "$PROGRAM" --arg row "$ROW" --arg name "$1" --arg kind "$2" --arg why "$3" --arg unit "${4:-}" \
    --arg budget "${5:-}" '{$program, $row, $name, $unit, $budget, ($kind): $why}' >>"$RESULTS"
  echo "not measured: $1: $3" >&2
}

# lacks NAME WHY: the other program may have fewer commands than ours; that is no failure of its work.
lacks() {
  if [ "$PROGRAM" = ours ]; then not_measured "$1" error "$2"; else not_measured "$1" skipped "$2"; fi
}

# A row starts without figures of another one, and one that gives up says why.
run_row() {
  ROW=$1
  rm -f "$WORK"/series/*
  : >"$WHY"
  : >"$SAID"
  local why before
  before=$(wc -l <"$RESULTS")
  "row_$1" || {
    why=$(cat "$WHY")
    not_measured "$1" error "${why:-the row ended early}"
  }
  [ "$(wc -l <"$RESULTS")" -gt "$before" ] || not_measured "$1" error "the row gave neither a figure nor a reason"
}
