# Starting and ending processes. A process is known by its pid together with its start time, so that
# a recycled pid is never taken for ours.

start_time() {
  local stat
  # The name in brackets may hold blanks; the fields after it are counted from there.
  stat=$(cat "/proc/$1/stat" 2>/dev/null) || return 1
  # shellcheck disable=SC2086  # the fields
  set -- ${stat##*) }
  echo "${20}"
}

# start NAME COMMAND...: in the cluster's network, out of this terminal's reach, its pid written down.
start() { start_inside "$1" --net="/run/netns/$NS_CLUSTER" "${@:2}"; }

start_on_laptop() { start_inside "$1" --net="/run/netns/$NS_LAPTOP" --mount="$LAPTOP_MOUNTS" "${@:2}"; }

start_inside() {
  local name=$1
  shift
  (
    close_descriptors
    exec setsid nohup nsenter "$@" >>"$LOGS/$name.log" 2>&1 </dev/null
  ) &
  echo "$! $(start_time $!)" >"$PIDS/$name"
}

# No lock may live on in a daemon, neither ours nor one that the caller holds.
close_descriptors() {
  local fd
  for fd in /proc/"$BASHPID"/fd/*; do
    fd=${fd##*/}
    # The last is bash's own, which it closes by itself.
    [ "$fd" -le 2 ] || [ "$fd" = 255 ] || eval "exec $fd>&-"
  done
}

recorded_pid() {
  local pid born
  [ -f "$PIDS/$1" ] || return 1
  read -r pid born <"$PIDS/$1" || return 1
  [ -n "$born" ] && [ "$(start_time "$pid")" = "$born" ] || return 1
  # A zombie has ended, only its parent has not asked yet.
  [ "$(sed 's/.*) //; s/ .*//' "/proc/$pid/stat" 2>/dev/null)" != Z ] || return 1
  echo "$pid"
}

is_running() { recorded_pid "$1" >/dev/null; }

# end_process NAME: politely, and after five seconds by force.
end_process() {
  local pid
  if pid=$(recorded_pid "$1"); then
    # A stopped process hears TERM only once it goes on.
    kill -TERM "$pid" 2>/dev/null || true
    kill -CONT "$pid" 2>/dev/null || true
    wait_for 5 "end of $1" "" process_ended "$1" 2>/dev/null || kill -KILL "$pid" 2>/dev/null || true
    wait_for 5 "end of $1" "" process_ended "$1" || true
  fi
  rm -f "$PIDS/$1"
}

# end_processes NAME...: all at the same time.
end_processes() {
  local name
  for name; do end_process "$name" & done
  wait
}

# kill_process NAME: by force at once.
kill_process() {
  local pid
  if pid=$(recorded_pid "$1"); then
    kill -KILL "$pid" 2>/dev/null || true
    wait_for 5 "end of $1" "" process_ended "$1" || true
  fi
  rm -f "$PIDS/$1"
}

process_ended() { ! is_running "$1"; }
