# Ends the cluster and removes all it left, also after a crash: by recorded pid, by exact name, and
# below folders that are the cluster's alone. Every step may find nothing to do.

# The sysctls of the whole machine that kubelet writes at its start.
KUBELET_SYSCTLS="vm.overcommit_memory vm.panic_on_oom kernel.panic kernel.panic_on_oops
    kernel.keys.root_maxkeys kernel.keys.root_maxbytes"

# What the clusters of this machine have changed on it, as it was before the first of them.
MACHINE=$STATES.machine

# The first cluster that comes writes it down, the last one that goes puts it back. A folder that a cluster took away
# while another one has nodes would take their mounts along: the kernel unmounts what lies on a folder that is removed, in
# every namespace.
remember_machine() { alone_on_machine remember_once; }
restore_machine() { alone_on_machine restore_by_the_last; }

alone_on_machine() {
  (
    exec {fd}>"$STATES_LOCK"
    flock --wait 60 "$fd" || die "another scripts/cluster has held $STATES_LOCK for a minute"
    "$@"
  )
}

remember_once() {
  local name
  mkdir -p "$MACHINE"
  for name in $FIXED_FOLDERS; do
    [ -e "$name" ] || echo "$name" >>"$MACHINE/made-folders"
    mkdir -p "$name"
  done
  [ ! -f "$MACHINE/sysctls" ] || return 0
  for name in $KUBELET_SYSCTLS; do
    printf '%s=%s\n' "$name" "$(sysctl -n "$name")"
  done >"$MACHINE/sysctls"
}

restore_by_the_last() {
  local name
  # shellcheck disable=SC2153  # it is common's STATE
  rm -f "$STATE/version"
  ! other_clusters || return 0
  if [ -f "$MACHINE/made-folders" ]; then
    while read -r name; do rmdir "$name" 2>/dev/null || true; done <"$MACHINE/made-folders"
  fi
  [ ! -f "$MACHINE/sysctls" ] || sysctl -q -p "$MACHINE/sysctls" || true
  rm -rf "$MACHINE"
}

other_clusters() {
  local file
  for file in "$STATES/version" "$STATES"-*/version; do
    [ ! -f "$file" ] || [ "$file" = "$STATE/version" ] || return 0
  done
  return 1
}

remove_everything() {
  end_parts
  remove_docker
  end_laptop_processes
  end_shims "$STATE"
  end_cgroup "$CGROUP"
  remove_shim_sockets "$STATE"/*/containerd/run "$CTR_NAMESPACE"
  unmount_below "$STATE"
  remove_cgroups "$CGROUP"
  remove_network
  restore_machine
  # Nothing is mounted below any more; the option is for the case that this is wrong.
  rm -rf --one-file-system "$STATE"
}

anything_left() {
  [ -e "$STATE" ] || [ -n "$(own_namespaces)" ] || [ -n "$(cgroup_folders "$CGROUP")" ] || account_is_ours
}

# Whatever is recorded is ours, also what an earlier version of these scripts has started under another name.
end_parts() {
  local file names=()
  for file in "$PIDS"/*; do [ ! -f "$file" ] || names+=("${file##*/}"); done
  end_processes "${names[@]}"
}

# Only what was started inside the laptop can be there, the namespace being ours.
end_laptop_processes() {
  local ns
  for ns in $(own_namespaces); do
    signal_all TERM "$(ip netns pids "$ns")"
    wait_for 5 "end of the processes in $ns" "" namespace_is_empty "$ns" 2>/dev/null ||
      signal_all KILL "$(ip netns pids "$ns")"
  done
}

namespace_is_empty() { [ -z "$(ip netns pids "$1")" ]; }

signal_all() {
  local pid
  for pid in $2; do kill "-$1" "$pid" 2>/dev/null || true; done
}

# A shim outlives containerd. It is known by the socket, whose path is ours alone, as an argument.
shim_pids() { # shim_pids SOCKET-OR-FOLDER
  local pid
  for pid in $(pgrep -f -- "-address ${1//./\\.}(/| |\$)"); do
    [ "$(basename "$(readlink "/proc/$pid/exe")")" != containerd-shim-runc-v2 ] || echo "$pid"
  done 2>/dev/null
}

end_shims() { signal_all KILL "$(shim_pids "$1")"; }

cgroup_folders() { # cgroup_folders CGROUP
  local folder
  for folder in "/sys/fs/cgroup/$1" /sys/fs/cgroup/*/"$1"; do
    [ ! -d "$folder" ] || echo "$folder"
  done
}

cgroup_pids() {
  local folder
  for folder in $(cgroup_folders "$1"); do
    find "$folder" -name cgroup.procs -exec cat {} + 2>/dev/null
  done | sort -u
}

# What runs in pods and containers.
end_cgroup() { wait_for 10 "end of the processes in cgroup $1" "" cgroup_is_empty "$1" || true; }

cgroup_has_ended() { [ -z "$(cgroup_pids "$1")" ]; }

cgroup_is_empty() {
  signal_all KILL "$(cgroup_pids "$1")"
  [ -z "$(cgroup_pids "$1")" ]
}

make_cgroups() {
  local folder
  if [ -f /sys/fs/cgroup/cgroup.controllers ]; then
    mkdir -p "/sys/fs/cgroup/$CGROUP"
    enable_controllers /sys/fs/cgroup
    enable_controllers "/sys/fs/cgroup/$CGROUP"
    return
  fi
  for folder in /sys/fs/cgroup/*/; do
    # The unified folder of a mixed set-up has no controllers of use.
    [ -f "$folder/tasks" ] || continue
    mkdir -p "$folder$CGROUP"
    [ ! -f "$folder/cpuset.cpus" ] || copy_cpuset "$folder" "$CGROUP"
  done
}

# One at a time: a controller that is in use elsewhere must not hold back the others.
enable_controllers() {
  local name
  for name in cpuset cpu io memory pids hugetlb; do
    echo "+$name" 2>/dev/null >"$1/cgroup.subtree_control" || true
  done
}

# A new cpuset is empty, and nothing can run in it before it has been given its parent's.
copy_cpuset() { # copy_cpuset PARENT CHILD
  cat "$1/cpuset.cpus" >"$1/$2/cpuset.cpus"
  cat "$1/cpuset.mems" >"$1/$2/cpuset.mems"
}

remove_cgroups() {
  local folder
  for folder in $(cgroup_folders "$1"); do
    wait_for 5 "removal of $folder" "" remove_cgroup "$folder" || true
  done
}

remove_cgroup() {
  find "$1" -depth -type d -exec rmdir {} + 2>/dev/null
  [ ! -e "$1" ]
}

# The deepest first; blanks in mount points are escaped by the kernel as \040.
unmount_below() {
  local point
  while read -r point; do
    point=$(printf '%b' "$point")
    umount "$point" 2>/dev/null || umount --lazy "$point" 2>/dev/null || true
  done < <(awk -v top="$1/" 'index($5, top) == 1 { print $5 }' /proc/self/mountinfo | sort -r)
}

remove_shim_sockets() { # remove_shim_sockets STATE... NAMESPACE: those of some containerds
  local state file namespace=${*: -1}
  for state in "${@:1:$#-1}"; do
    for file in "$state"/io.containerd.runtime.v2.task/"$namespace"/*/address; do
      [ ! -f "$file" ] || rm -f "$(sed 's#^unix://##' "$file")"
    done
  done
  # Only if they are empty: another containerd may use the same folder.
  rmdir /run/containerd/s /run/containerd 2>/dev/null || true
}
