# Sourced by scripts/bench: Docker mode against host mode, in the same run.

docker_user() { scripts/cluster laptop --as "$(scripts/cluster env | sed -n 's/^TEST_DOCKER_ACCOUNT=//p')" -- "$@"; }

docker_prepare() {
  [ -f target/images/telepresence.tar ] || scripts/build --skip-tests >&2
  scripts/cluster docker up >&2
  scripts/cluster docker load target/images/telepresence.tar >&2
  scripts/cluster docker load $(scripts/cluster images | grep -e /tools- -e /echo-) >&2
}

# Milliseconds of a command, without entering the laptop and becoming the user.
docker_timed() { docker_user sh -c "start=\$(date +%s%N); $* >/dev/null 2>&1; end=\$(date +%s%N); echo \$((end - start))" | awk '{print $1/1e6}'; }

in_handler() { docker_user docker exec bench-handler "$@"; }

handler_down() { in_handler curl -s -m 60 -o /dev/null -w '%{speed_download}\n' "$1/bytes/$BYTES" | awk '{print $1/1e6}'; }

# Mean time of requests on one kept connection, ms: the first, which connects, is left out.
curl_kept() { # curl_kept WHERE URL
  local where=$1 i urls=()
  for i in $(seq 200); do urls+=("$2/"); done
  "$where" curl -s -o /dev/null $(printf -- ' -o /dev/null%.0s' $(seq 199)) -w '%{time_total}\n' "${urls[@]}" |
    awk 'NR > 1 {sum += $1} END {print sum * 1000 / (NR - 1)}'
}

row_docker() {
  local i cold=() warm=() host=()
  docker_prepare
  for ((i = 0; i < runs; i++)); do
    docker_user "$TEL" quit -s >/dev/null 2>&1 || true
    laptop "$TEL" quit -s >/dev/null 2>&1 || true
    host+=("$(timed "$TEL connect")")
    laptop "$TEL" quit -s >/dev/null 2>&1
    cold+=("$(docker_timed "$TEL connect --docker")")
    docker_user "$TEL" quit >/dev/null 2>&1
    warm+=("$(docker_timed "$TEL connect --docker")")
  done
  result "connect --docker, cold, against connect" "ms" "" "${cold[*]}" "${host[*]}" ratio
  result "connect --docker, warm" "ms" "" "${warm[*]}" "0" plain
  docker_user "$TEL" docker-run -d --name bench-handler localhost/tools:1 sleep 600 >/dev/null
  handler_down http://echo.default >/dev/null
  local flow latency
  flow=$(repeat handler_down http://echo.default)
  latency=$(repeat curl_kept in_handler http://echo.default)
  docker_user "$TEL" quit -s >/dev/null 2>&1
  connected
  down http://echo.default >/dev/null
  result "600 MB down in a handler's container, against host mode" "MB/s" "" "$flow" "$(repeat down http://echo.default)" ratio
  result "request on an open connection in a handler's container, over host mode" "ms" "" "$latency" "$(repeat curl_kept laptop http://echo.default)" difference
  scripts/cluster docker down >&2
}
