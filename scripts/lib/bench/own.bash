# Sourced by scripts/bench: what rows share that make a cluster of their own and look at the traffic-manager's process.
# shellcheck shell=bash disable=SC2030,SC2031,SC2034,SC2154  # what is said here is used there

OWN_PIDS=() OWN_JAVA=()

# own_cluster NAME MEASURE: in a shell of its own: whatever happens in it, its cluster goes with it.
own_cluster() {
  (
    export TEST_CLUSTER=$1
    unset TEST_KUBERNETES
    ! "$CLUSTER" status >/dev/null 2>&1 || fail "there is a cluster $1 already, which this row would end" || exit
    trap 'own_end' EXIT
    trap 'exit 143' INT TERM
    "$2"
  )
}

own_end() {
  local pid
  for pid in "${OWN_PIDS[@]}"; do end_pid "$pid"; done
  tel quit -s >/dev/null 2>&1 || true
  "$CLUSTER" down >/dev/null 2>&1 || echo "the cluster $TEST_CLUSTER could not be removed" >&2
}

# With the product's images, and without a traffic-manager.
own_begin() {
  "$CLUSTER" up --nodes 1 >&2 || fail "the cluster did not come up" || return
  "$CLUSTER" load target/images/traffic-manager.tar target/images/traffic-agent.tar >&2 || fail "its images were not loaded" || return
  eval "$("$CLUSTER" env)"
}

# The class path of the end-to-end tests, whose classes make the objects and hold the connections.
own_java() {
  must "the test program was not compiled" scripts/mvn -q -pl cli -Pe2e test-compile dependency:build-classpath \
    -Dspotless.check.skip=true -Dmdep.outputFile="$WORK/classpath" -Dmdep.includeScope=test || return
  OWN_JAVA=(env "KUBECONFIG=$TEST_KUBECONFIG_ADMIN" "$JAVA_HOME/bin/java" -XX:+UseSerialGC -Xmx768m
    -cp "cli/target/test-classes:$(cat "$WORK/classpath")")
}

# The process of a container that is Java, or its only one.
container_pid() {
  local pid
  # shellcheck disable=SC2013  # numbers of processes
  for pid in $(grep -ls "$1" /proc/[0-9]*/cgroup | cut -d / -f 3); do
    [ "$(cat "/proc/$pid/comm" 2>/dev/null)" != java ] || { echo "$pid" && return; }
  done
  fail "no Java program runs in container $1"
}
manager_pid() {
  container_pid "$(kube -n ambassador get pods -l app=traffic-manager -o json | jq -r '.items[]
    | select(.metadata.deletionTimestamp == null) | .status.containerStatuses[0].containerID | sub(".*//"; "")')"
}

# cpu_of PID COMMAND…: what share of a core, in percent, the process has used while the command ran.
cpu_of() {
  local pid=$1 before after begin end
  shift
  begin=$(date +%s%N)
  before=$(awk '{print $14 + $15}' "/proc/$pid/stat")
  "$@" >&2
  after=$(awk '{print $14 + $15}' "/proc/$pid/stat")
  end=$(date +%s%N)
  awk -v t="$((after - before))" -v hz="$(getconf CLK_TCK)" -v ns="$((end - begin))" 'BEGIN {printf "%.2f", 100 * t / hz / (ns / 1e9)}'
}

# memory_of PID: now, and the most it has had, in MiB.
memory_of() {
  awk '/^VmRSS/ {printf "value=%.1f\n", $2 / 1024} /^VmHWM/ {printf "peak=%.1f\n", $2 / 1024}' "/proc/$1/status"
}
