# Sourced by scripts/test: the end-to-end tests, on one Kubernetes or on two side by side.
# shellcheck disable=SC2030,SC2031,SC2154  # each lane has variables of its own; the rest are those of scripts/test

# end_to_end [CLASSES]: these, or what belongs to each Kubernetes. Two lanes side by side take about as long: today's
# Kubernetes; the oldest, and after it what needs a Docker engine, on today's again, in a cluster of its own.
end_to_end() {
  local status=0
  say "End-to-end tests on the cluster"
  e2e_prepare
  if [ -n "$only$kubernetes" ] || [ "$(label_of "")" = "$(label_of "$FLOOR")" ]; then
    lane "$kubernetes" "" "$(classes_here "${1:-}" "$kubernetes")" || status=1
  elif [ "$all" = yes ]; then
    side_by_side "" "" "$(classes_of all)" -- "$FLOOR" "" "$(classes_of all)" || status=1
  else
    side_by_side "" "" "$(classes_of today)" -- "$FLOOR" "" "$(classes_of floor)" "" docker "$(classes_of docker)" || status=1
  fi
  # What a test that failed would have done, nobody knows; and only all classes together use all rights.
  if [ "$all" != yes ]; then
    rights_check part | sed 's/^FAILED: /noticed: /' || true
  elif [ -n "$only$kubernetes" ] || [ $status != 0 ]; then
    rights_check part || status=1
  else
    rights_check whole || status=1
  fi
  return $status
}

# classes_here CLASSES VERSION: the first, or all that this Kubernetes has to pass.
classes_here() {
  if [ -n "$1" ]; then
    echo "$1"
  elif [ "$all" = yes ]; then
    classes_of all
  elif [ "$(end_of "$(label_of "$2")")" = floor ]; then
    classes_of floor
  else echo "$(classes_of today),$(classes_of docker)"; fi
}

# What both runs share is made once, before they begin.
e2e_prepare() {
  need_packages sudo:sudo script:bsdutils setpriv:util-linux useradd:passwd curl:curl dig:dnsutils socat:socat \
    ab:apache2-utils strace:strace ping:iputils-ping nft:nftables iperf3:iperf3 sshfs:sshfs fusermount3:fuse3 nghttp:nghttp2-client
  # ClockIT alone compiles.
  [[ $all != yes && $only != *ClockIT* ]] || need_packages cc:build-essential
  [ -f target/interop/whole ] || {
    scripts/mvn -q -f scripts/lib/interop/pom.xml dependency:copy-dependencies
    touch target/interop/whole
  }
  mkdir -p "$RESULTS"
  scripts/mvn -q -pl cli -Pe2e test-compile -Dspotless.check.skip=true
}

# lane VERSION INSTANCE CLASSES…: one run after the other, each in a cluster that no earlier one has touched.
lane() {
  local status=0
  while [ $# -gt 0 ]; do
    (
      export TEST_KUBERNETES=$1 TEST_CLUSTER=${2:-${TEST_CLUSTER:-}}
      e2e_cluster && e2e_run "$3"
    ) || status=1
    # What comes next in this lane wants the room.
    [ $# = 3 ] || TEST_KUBERNETES=$1 TEST_CLUSTER=${2:-${TEST_CLUSTER:-}} scripts/cluster down
    shift 3
  done
  return $status
}

# Single classes run in the cluster that is there.
e2e_cluster() {
  if [ -z "$only" ]; then scripts/cluster down; fi
  scripts/cluster up
}

# e2e_run CLASSES: Failsafe alone, so that a second one may run in the same module; then the demo, where there is no name.
e2e_run() {
  local label since status=0
  since=$(date -u +%Y-%m-%dT%H:%M:%S)
  label=$(label_of "$TEST_KUBERNETES")${TEST_CLUSTER:+-$TEST_CLUSTER}
  scripts/mvn -pl cli -Pe2e failsafe:integration-test failsafe:verify -Dit.test="$1" \
    -De2e.long="$([ "$all" = yes ] && echo true || echo false)" -De2e.label="$label" -De2e.reports="$PWD/$RESULTS/reports-$label" || status=$?
  [ -n "$only$TEST_CLUSTER" ] || e2e_demo "$label" || status=1
  audit_keep "$label" "$since" || say "the audit log of Kubernetes $label was not kept"
  return $status
}

# The walk of scripts/demo, which has no daemons in common with another one.
e2e_demo() { # e2e_demo LABEL
  local runtime log=$RESULTS/demo-$1.log
  runtime=$(mktemp -d)
  if XDG_RUNTIME_DIR=$runtime scripts/demo >"$log" 2>&1; then
    echo "scripts/demo on Kubernetes $1: passed"
    echo passed >"$RESULTS/demo-$1"
  else
    tail -n 20 "$log"
    echo "scripts/demo on Kubernetes $1: failed, see $log"
    echo failed >"$RESULTS/demo-$1"
  fi
  rm -rf "$runtime"
  [ "$(cat "$RESULTS/demo-$1")" = passed ]
}

# side_by_side LANE-WORDS… -- LANE-WORDS…: each line of output with the lane in front.
side_by_side() {
  local first=() pid status=0
  while [ "$1" != -- ]; do first+=("$1") && shift; done
  shift
  # With job control each is a group of its own, which hears INT, and can be ended as a whole.
  set -m
  { lane "${first[@]}" 2>&1 | sed -u "s/^/[A] /"; } &
  RUNNING+=($!)
  { lane "$@" 2>&1 | sed -u "s/^/[B] /"; } &
  RUNNING+=($!)
  set +m
  trap 'end_runs; exit 130' INT TERM
  for pid in "${RUNNING[@]}"; do wait "$pid" || status=1; done
  RUNNING=()
  trap - INT TERM
  return $status
}

RUNNING=()
end_runs() {
  local pid
  for pid in "${RUNNING[@]}"; do kill -TERM -- "-$pid" 2>/dev/null || true; done
}

# The classes that need neither other users than the administrator nor parts of the cluster to break.
k3s() {
  if ! command -v docker >/dev/null || ! timeout 10 docker info >/dev/null 2>&1; then
    say "k3s: skipped, no Docker engine answers here; the tests above ran on the clusters of scripts/cluster"
    return
  fi
  say "End-to-end tests on k3s"
  scripts/mvn -pl cli -Pe2e,k3s verify -DskipUnitTests=true -Dit.test=InterceptIT,GuideIT -Dspotless.check.skip=true \
    -De2e.label=k3s -De2e.reports="$PWD/$RESULTS/reports-k3s"
}
