# Sourced by scripts/bench: Docker mode against host mode, in the same run.
# shellcheck shell=bash disable=SC2034,SC2154  # what is said here is used there

DOCKER_IS_UP=no

docker_user() { in_time "$CLUSTER" laptop --as "$TEST_DOCKER_ACCOUNT" -- "$@"; }
in_handler() { docker_user docker exec bench-handler "$@"; }

docker_prepare() {
  local images=(target/images/telepresence.tar) samples
  [ "$PROGRAM" = ours ] || images=("${peer_images[@]}")
  [ "$PROGRAM" = other ] || [ -f "${images[0]}" ] || must "scripts/build failed" scripts/build --skip-tests || return
  DOCKER_IS_UP=yes
  must "the engine did not start" "$CLUSTER" docker up || return
  mapfile -t samples < <("$CLUSTER" images 2>/dev/null | grep -e /tools- -e /echo-)
  must "loading images into the engine failed" "$CLUSTER" docker load "${images[@]}" "${samples[@]}"
}

docker_end() {
  [ "$DOCKER_IS_UP" = yes ] || return 0
  docker_user "$TEL" quit -s >/dev/null 2>&1 || true
  "$CLUSTER" docker down >&2 || true
  DOCKER_IS_UP=no
}

# The daemon's own word, after it was clocked; what the handler gets afterwards shows more.
docker_connect_clocked() {
  clocked docker_user "$TEL" connect --docker || return
  docker_user "$TEL" status >"$SAID" 2>&1 && grep -qE '(Manager|Status) *: *Connected' "$SAID" || fail "connect ended, but status says: $(said)"
}

start_handler() {
  must "docker-run failed" docker_user "$TEL" docker-run -d --name bench-handler localhost/tools:1 sleep 600 || return
  within "$SOON" answer in_handler echo http://echo.default/
}

row_docker() {
  if [ "$PROGRAM" = other ] && [ ${#peer_images[@]} = 0 ]; then
    lacks "connect --docker, cold" "no --peer-image was given to load into the engine"
    return
  fi
  docker_prepare && docker_rows
  local code=$?
  docker_end
  return "$code"
}

docker_rows() {
  local i url=http://echo.default down=(status=200 "bytes=$BYTES") checks=(answers=200 connections=1)
  for ((i = 0; i < runs; i++)); do
    docker_user "$TEL" quit -s >/dev/null 2>&1 || true
    ended || return
    sample host exit=0 -- connect_clocked || true
    ended || return
    sample cold exit=0 -- docker_connect_clocked || true
    must "quit in Docker mode failed" docker_user "$TEL" quit || return
    sample warm exit=0 -- docker_connect_clocked || true
  done
  result "connect --docker, cold" "ms" "" ratio cold "connect, cold" host
  result "connect --docker, warm" "ms" "" plain warm
  start_handler && content in_handler 1 "$BYTES" "$url/bytes/$BYTES" || return
  repeat flow "${down[@]}" -- download in_handler "$url/bytes/$BYTES" || true
  repeat latency "${checks[@]}" -- kept in_handler echo "$url/" || true
  docker_user "$TEL" quit -s >/dev/null 2>&1 || true
  connected && content laptop 1 "$BYTES" "$url/bytes/$BYTES" || return
  repeat host_flow "${down[@]}" -- download laptop "$url/bytes/$BYTES" || true
  repeat host_latency "${checks[@]}" -- kept laptop echo "$url/" || true
  result "600 MB down in a handler's container" "MB/s" "" ratio flow "host mode" host_flow
  result "request on an open connection in a handler's container" "ms" "" difference latency "host mode" host_latency
}
