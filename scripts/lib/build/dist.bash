# Sourced by scripts/build: target/dist/telepresence, the client side with its own runtime.

DIST=$PWD/target/dist/telepresence
# One moment for every file: the start-up caches remember the jars' times, and two builds give the same bytes.
MOMENT=@1767225600
JNR_OPTIONS="--enable-native-access=ALL-UNNAMED --sun-misc-unsafe-memory-access=allow -Djnr.ffi.x86asm.enabled=false"
CLI_OPTIONS="-XX:+UseSerialGC -XX:TieredStopAtLevel=1 -XX:-UsePerfData -Xms8m -Xmx96m -XX:+UnlockDiagnosticVMOptions -XX:ArchiveRelocationMode=0 -XX:-AOTRecordTraining -XX:-AOTReplayTraining --sun-misc-unsafe-memory-access=allow"
ROOTD_OPTIONS="-XX:+UseSerialGC -XX:-UsePerfData -Xms16m -Xmx256m -XX:MaxDirectMemorySize=256m -XX:+UseCompactObjectHeaders $JNR_OPTIONS"
CLIENT_MODULES=java.base,java.logging,java.naming,java.management,java.net.http,java.xml,java.sql,java.security.jgss,java.desktop,jdk.unsupported,jdk.crypto.ec,jdk.net,jdk.zipfs
# What java.desktop is for: java.beans, which snakeyaml and jackson ask for. Fonts and windows are not used.

runtime() { # runtime DIRECTORY MODULES
  rm -rf "$1"
  "$JAVA_HOME/bin/jlink" --module-path "$JAVA_HOME/jmods" --add-modules "$2" --output "$1" \
    --strip-java-debug-attributes --no-header-files --no-man-pages --vm server
}

# Copies the module's jar and its runtime dependencies into a directory; sets JARS to their names, in order.
collect() { # collect MODULE DIRECTORY
  local list file
  list=$(mktemp)
  mkdir -p "$2"
  scripts/mvn -q -pl "$1" dependency:build-classpath -DincludeScope=runtime "-Dmdep.outputFile=$list" \
    -Dmdep.pathSeparator='|' >/dev/null
  JARS=()
  # shellcheck disable=SC2010  # Maven's names
  while IFS= read -r file; do
    [ -n "$file" ] || continue
    cp -f "$file" "$2/"
    JARS+=("${file##*/}")
  done < <(ls "$1"/target/"$1"-[0-9]*.jar | grep -v -e '-tests.jar' && tr '|' '\n' <"$list")
  rm -f "$list"
}

class_path() { # class_path PREFIX JAR… -> PREFIX/a.jar:PREFIX/b.jar
  local prefix=$1 joined='' jar
  shift
  for jar in "$@"; do joined+=${joined:+:}$prefix/$jar; done
  echo "$joined"
}

build_dist() {
  echo "Client: runtime, jars and start-up caches in target/dist/telepresence"
  rm -rf "$DIST"
  mkdir -p "$DIST/bin" "$DIST/lib" "$DIST/aot"
  runtime "$DIST/runtime" "$CLIENT_MODULES"
  cp LICENSE root-daemon/src/main/packaging/telepresence-rootd.service "$DIST/"
  echo "$REGISTRY/telepresence:$VERSION" >"$DIST/client-image"
  local name userd_options
  build_go . "$DIST/bin/telepresence"
  userd_options=$(tr '\n' ' ' <user-daemon/src/main/packaging/jvm.options)
  {
    collect user-daemon "$DIST/lib"
    for name in userd=UserDaemonMain kubeauthd=kubeauth.KubeAuthMain; do
      launch_section "${name%=*}" "io.telepresence.userd.${name#*=}" aot/userd.aot "$userd_options" "${JARS[@]}"
      printf 'daemon\nmore TELEPRESENCE_USERD_JAVA_OPTS\n'
    done
    launch_section sftp-relay io.telepresence.userd.SftpRelayMain aot/userd.aot "$userd_options -Xmx32m -XX:-UsePerfData" \
      "${JARS[@]}"
    echo daemon
    collect root-daemon "$DIST/lib"
    launch_section rootd io.telepresence.rootd.RootDaemonMain aot/rootd.aot "$ROOTD_OPTIONS" "${JARS[@]}"
    printf 'daemon\nroot\nmore TELEPRESENCE_ROOTD_JAVA_OPTS\n'
    collect cli "$DIST/lib"
    launch_section '*' io.telepresence.cli.Main aot/cli.aot "$CLI_OPTIONS" "${JARS[@]}"
  } >"$DIST/lib/launch.conf"
  # Before the rehearsals: the same files are in the client's image, at this time.
  find "$DIST" -exec touch -h -d "$MOMENT" {} +
  for name in userd rootd cli; do rehearse_"$name"; done
}

# A cache is made by a run with the very flags of later runs: the launcher starts it, JAVA_TOOL_OPTIONS would be seen by
# the child that writes the cache as well, so the options travel in the variables that the launcher reads.
launcher_class_path() { # launcher_class_path userd|rootd|cli
  local name=$1
  [ "$name" != cli ] || name='[*]'
  sed -n "/^program $name\$/,/^program /s|^jar |$DIST/lib/|p" "$DIST/lib/launch.conf" | paste -s -d :
}

rehearse_userd() {
  local home pid i
  home=$(mktemp -d)
  # shellcheck disable=SC2046  # a list of options
  HOME=$home XDG_RUNTIME_DIR=$home XDG_CACHE_HOME=$home/cache XDG_CONFIG_HOME=$home/config \
    "$DIST/runtime/bin/java" -XX:AOTCacheOutput="$DIST/aot/userd.aot" $(cat user-daemon/src/main/packaging/jvm.options) \
    "-Dtelepresence.home=$DIST" -cp "$(launcher_class_path userd)" io.telepresence.userd.UserDaemonMain \
    >"$home/out" 2>&1 &
  pid=$!
  for i in $(seq 100); do
    [ ! -S "$home/telepresence/userd.socket" ] || break
    sleep 0.1
  done
  rehearse_cli_lines "$home" userd
  kill -TERM "$pid" 2>/dev/null || true
  wait_end "$pid" userd "$home/out"
  rm -rf "$home"
}

# Commands of a day's work against the user daemon that rehearses. None of them may start or end a root daemon: that one
# is the machine's.
rehearse_cli_lines() { # rehearse_cli_lines HOME WHO
  local line
  cp scripts/lib/build/rehearsal.kubeconfig "$1/kubeconfig"
  while IFS= read -r line; do
    # shellcheck disable=SC2086  # the words of a line
    HOME=$1 XDG_RUNTIME_DIR=$1 XDG_CACHE_HOME=$1/cache XDG_CONFIG_HOME=$1/config KUBECONFIG=$1/kubeconfig \
      timeout 30 "$DIST/bin/telepresence" $line >/dev/null 2>&1 </dev/null || true
  done <scripts/lib/build/rehearsal.txt
}

rehearse_rootd() {
  local out pid i
  out=$(mktemp)
  # In namespaces of its own: /run and /var/log are empty there, and no route or rule can reach the machine.
  # shellcheck disable=SC2086  # a list of options
  unshare --net --mount --propagation private sh -c "
    unset SUDO_UID && mount -t tmpfs none /run && mount -t tmpfs none /var/log
    exec '$DIST/runtime/bin/java' -XX:AOTCacheOutput='$DIST/aot/rootd.aot' $ROOTD_OPTIONS -Dtelepresence.home='$DIST' \
      -cp '$(launcher_class_path rootd)' io.telepresence.rootd.RootDaemonMain --owner 0" >"$out" 2>&1 &
  pid=$!
  sleep 3
  kill -TERM "$pid" 2>/dev/null || true
  wait_end "$pid" rootd "$out"
  rm -f "$out"
}

# Every class in the cache costs at each start: only what has to be quick is rehearsed.
rehearse_cli() {
  local home pid i
  home=$(mktemp -d)
  cp scripts/lib/build/rehearsal.kubeconfig "$home/kubeconfig"
  export REHEARSAL=$home
  HOME=$home XDG_RUNTIME_DIR=$home XDG_CACHE_HOME=$home/cache XDG_CONFIG_HOME=$home/config \
    "$DIST/bin/telepresence" userd >"$home/userd.out" 2>&1 &
  pid=$!
  for i in $(seq 100); do
    [ ! -S "$home/telepresence/userd.socket" ] || break
    sleep 0.1
  done
  # shellcheck disable=SC2086  # a list of options
  HOME=$home XDG_RUNTIME_DIR=$home XDG_CACHE_HOME=$home/cache XDG_CONFIG_HOME=$home/config KUBECONFIG=$home/kubeconfig \
    "$DIST/runtime/bin/java" -XX:AOTCacheOutput="$DIST/aot/cli.aot" $CLI_OPTIONS "-Dtelepresence.home=$DIST" \
    -cp "$(launcher_class_path cli)" io.telepresence.cli.Main __rehearse \
    <scripts/lib/build/rehearsal-cli.txt >"$home/out" 2>&1 || true
  kill -TERM "$pid" 2>/dev/null || true
  wait_end "$pid" "userd (for the command line)" "$home/userd.out"
  check_cache cli "$home/out"
  rm -rf "$home"
}

wait_end() { # wait_end PID NAME LOG: a rehearsal ends by itself, or is ended
  local i
  for i in $(seq 300); do
    kill -0 "$1" 2>/dev/null || break
    [ "$i" != 150 ] || kill -TERM "$1" 2>/dev/null || true
    sleep 0.1
  done
  kill -KILL "$1" 2>/dev/null || true
  wait "$1" 2>/dev/null || true
  case $2 in userd | rootd) check_cache "$2" "$3" ;; esac
}

# A cache that the runtime refuses only makes everything slow: find out now.
check_cache() { # check_cache NAME LOG
  if [ ! -s "$DIST/aot/$1.aot" ]; then
    echo "error: no start-up cache for $1 was made:" >&2
    tail -20 "$2" >&2
    return 1
  fi
  # shellcheck disable=SC2046  # flags or none
  "$DIST/runtime/bin/java" -XX:AOTCache="$DIST/aot/$1.aot" -XX:AOTMode=on $(cache_options "$1") \
    -cp "$(launcher_class_path "$1")" -version >/dev/null 2>"$2.check" || {
    echo "error: the start-up cache of $1 is refused:" >&2
    cat "$2.check" >&2
    return 1
  }
  rm -f "$2.check"
}

cache_options() {
  case $1 in
    cli) echo "$CLI_OPTIONS" ;;
    rootd) echo "$ROOTD_OPTIONS" ;;
    userd) tr '\n' ' ' <user-daemon/src/main/packaging/jvm.options ;;
  esac
}
