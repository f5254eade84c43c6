# Sourced by scripts/bench: how long others wait while a pod attacks the traffic-manager or an agent. AttackIT in its long
# form does the work in a cluster of its own, and tells what it has seen; whether everything was harmless it judges itself.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

ATTACK_CLUSTER=attack
ATTACK_LONG=${BENCH_ATTACK_LONG:-true}

row_attack() {
  if [ "$PROGRAM" = other ]; then
    lacks "attacks" "the attacks are on ports of this product"
    return
  fi
  own_cluster "$ATTACK_CLUSTER" attack_measure
}

attack_measure() {
  local attack code=0 attacks=()
  must "the attacks were not compiled" scripts/mvn -q -pl cli -Pe2e test-compile -Dspotless.check.skip=true || return
  scripts/mvn -pl cli -Pe2e failsafe:integration-test failsafe:verify -Dit.test=AttackIT -De2e.long="$ATTACK_LONG" \
    -De2e.label=bench -De2e.reports="$WORK/attack-reports" >"$WORK/attack" 2>&1 </dev/null || code=$?
  read -r -a attacks <<<"$(sed -n 's/^AttackIT: attack=\([a-z-]*\) .*/\1/p' "$WORK/attack" | paste -sd ' ')"
  [ ${#attacks[@]} -gt 0 ] || { cp "$WORK/attack" "$SAID" && fail "no attack has told how long others waited: $(said)"; } || return
  for attack in "${attacks[@]}"; do
    sample "$attack" exit=0 'asked>=3' -- attack_waited "$attack" "$code" || true
    result "others waited at most, under $attack" "ms" "<= 1000" plain "$attack"
  done
}

# attack_waited ATTACK CODE
attack_waited() {
  cp "$WORK/attack" "$SAID"
  echo "exit=$2"
  sed -n "s/^AttackIT: attack=$1 waited=\([0-9]*\) asked=\([0-9]*\)$/value=\1\nasked=\2/p" "$WORK/attack"
}
