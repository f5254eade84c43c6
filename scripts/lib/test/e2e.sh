# Sourced by scripts/test: the end-to-end tests, on one Kubernetes or on two side by side.

# end_to_end [CLASSES]: these, or what belongs to each Kubernetes.
end_to_end() {
  local version versions=("${kubernetes}")
  # An empty one is scripts/cluster's default.
  [ -n "$kubernetes$only" ] || both_are_one || versions=("" "$FLOOR")
  say "End-to-end tests on the cluster"
  e2e_prepare
  for version in "${versions[@]}"; do e2e_cluster "$version"; done
  if [ ${#versions[@]} = 1 ]; then
    e2e_run "${versions[0]}" "${1:-}"
  else
    e2e_both "${versions[@]}"
  fi
}

# Where today's cannot be built, scripts/cluster's default is the oldest, and says why.
both_are_one() { [ "$(label_of "")" = "$(label_of "$FLOOR")" ]; }

# What both runs share is made once, before they begin.
e2e_prepare() {
  need_packages sudo:sudo script:bsdutils setpriv:util-linux useradd:passwd curl:curl dig:dnsutils socat:socat \
    ab:apache2-utils strace:strace ping:iputils-ping nft:nftables iperf3:iperf3 sshfs:sshfs fusermount3:fuse3 nghttp:nghttp2-client
  [ -f target/interop/whole ] || {
    scripts/mvn -q -f scripts/lib/interop/pom.xml dependency:copy-dependencies
    touch target/interop/whole
  }
  mkdir -p "$RESULTS"
  scripts/mvn -q -pl cli -Pe2e test-compile -Dspotless.check.skip=true
}

# A whole run begins on a cluster that no earlier one has touched; a single class on the one that is there.
e2e_cluster() { # e2e_cluster VERSION
  [ -n "$only" ] || TEST_KUBERNETES=$1 scripts/cluster down
  TEST_KUBERNETES=$1 scripts/cluster up
}

# e2e_run VERSION [CLASSES]: Failsafe alone, so that a second one may run in the same module.
e2e_run() {
  local label classes=${2:-} status=0
  label=$(label_of "$1")
  if [ -z "$classes" ]; then
    [ "$all" = yes ] && classes=$(classes_of all) || classes=$(classes_of "$(end_of "$1")")
  fi
  TEST_KUBERNETES=$1 scripts/mvn -pl cli -Pe2e failsafe:integration-test failsafe:verify -Dit.test="$classes" \
    -De2e.long="$([ "$all" = yes ] && echo true || echo false)" -De2e.label="$label" -De2e.reports="$PWD/$RESULTS/reports-$label" || status=$?
  [ -n "$only" ] || e2e_demo "$1" "$label" || status=1
  return $status
}

# The walk of scripts/demo, which has no daemons in common with another one.
e2e_demo() { # e2e_demo VERSION LABEL
  local runtime log=$RESULTS/demo-$2.log
  runtime=$(mktemp -d)
  if TEST_KUBERNETES=$1 XDG_RUNTIME_DIR=$runtime scripts/demo >"$log" 2>&1; then
    echo "scripts/demo on Kubernetes $2: passed"
    echo passed >"$RESULTS/demo-$2"
  else
    tail -n 20 "$log"
    echo "scripts/demo on Kubernetes $2: failed, see $log"
    echo failed >"$RESULTS/demo-$2"
  fi
  rm -rf "$runtime"
  [ "$(cat "$RESULTS/demo-$2")" = passed ]
}

# e2e_both VERSION…: side by side, each line of output with the version in front.
e2e_both() {
  local version label pid status=0
  # With job control each is a group of its own, which hears INT, and can be ended as a whole.
  set -m
  for version in "$@"; do
    label=$(label_of "$version")
    { e2e_run "$version" 2>&1 | sed -u "s/^/[$label] /"; } &
    RUNNING+=($!)
  done
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
