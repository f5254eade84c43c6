# Sourced by scripts/build: target/images/NAME.tar, docker archives made of plain files, without Docker.

IMAGES=$PWD/target/images
MANAGER_MODULES=java.base,java.logging,java.naming,java.management,java.net.http,java.xml,java.sql,java.desktop,jdk.unsupported,jdk.crypto.ec,jdk.httpserver,jdk.net
AGENT_MODULES=java.base,java.logging,java.naming,java.management,java.xml,jdk.unsupported,jdk.net

# Copies the shared libraries that programs need, links followed, to the same paths below ROOT; not those that come with
# a program that is in the build directory itself.
with_libraries() { # with_libraries ROOT FILE…
  local root=$1 file
  shift
  for file in "$@"; do
    ldd "$file" 2>/dev/null | grep -o '/[^ )]*' | grep -v "^$PWD/" || true
  done | sort -u | while IFS= read -r file; do
    mkdir -p "$root${file%/*}"
    cp -L "$file" "$root$file"
  done
}

# The common part: runtime, jars, a shell for looking around, users.
root_fs() { # root_fs NAME MODULE JAVA-MODULES
  local root=$IMAGES/$1.root
  rm -rf "$root"
  mkdir -p "$root"/{bin,etc,tmp,proc,sys,dev,usr/lib,usr/sbin,opt/telepresence/bin,opt/telepresence/lib}
  chmod 1777 "$root/tmp"
  ln -s usr/lib64 "$root/lib64" && ln -s usr/lib "$root/lib" && mkdir -p "$root/usr/lib64"
  runtime "$root/opt/telepresence/runtime" "$3"
  collect "$2" "$root/opt/telepresence/lib"
  rm -f "$root"/opt/telepresence/lib/netty-transport-native-epoll-*-linux-aarch_64.jar
  # shellcheck disable=SC2207  # names without spaces
  JARS=($(printf '%s\n' "${JARS[@]}" | grep -v linux-aarch_64))
  cp /bin/busybox "$root/bin/busybox"
  for tool in sh ls cat ps stat sed grep ip nc tail head; do ln -s busybox "$root/bin/$tool"; done
  with_libraries "$root" "$root/opt/telepresence/runtime/bin/java" "$root"/opt/telepresence/runtime/lib/*.so \
    "$root"/opt/telepresence/runtime/lib/server/libjvm.so
  # Netty looks here before it unpacks its library to a temporary directory.
  unzip -q -o -j "$root"/opt/telepresence/lib/netty-transport-native-epoll-*-linux-x86_64.jar \
    'META-INF/native/*.so' -d "$root/usr/lib"
  printf 'root:x:0:0::/:/bin/sh\ntelepresence:x:1000:1000::/tmp:/bin/sh\nagent:x:7777:7777::/tmp:/bin/sh\n' >"$root/etc/passwd"
  printf 'root:x:0:\ntelepresence:x:1000:\nagent:x:7777:\n' >"$root/etc/group"
  echo 'hosts: files dns' >"$root/etc/nsswitch.conf"
}

# The entry point is the launcher: it picks the main class by the first argument, and the bounds of the memory by the
# container's limit. No shell, which would drop variables of the application whose names are not its own.
entry_point() { # entry_point ROOT OPTIONS-FILE AOT MEMORY ARG=CLASS…
  local home=$1/opt/telepresence options=$2 aot=$3 memory=$4 pair
  shift 4
  build_go . "$home/bin/run"
  for pair; do
    launch_section "${pair%%=*}" "${pair##*=}" "$aot.aot" "$(tr '\n' ' ' <"$options")$AOT_OPTIONS" "${JARS[@]}"
    printf 'memory %s\nset LC_CTYPE=C.UTF-8\n' "$memory"
    [ "${pair%%=*}" != agent ] || echo keep
  done >"$home/lib/launch.conf"
}

# The profile of a rehearsal without load is worth less than the memory it takes.
AOT_OPTIONS="-XX:+UnlockDiagnosticVMOptions -XX:-AOTRecordTraining -XX:-AOTReplayTraining"

# Runs the image's own process below its own root, with the final paths, and lets it write the cache when it ends. BEFORE, if
# set, is a command that starts what the process needs and becomes it.
rehearse_image() { # rehearse_image ROOT AOT SECONDS ENVIRONMENT ARG…
  local root=$1 aot=$2 seconds=$3 environment=$4 pid out
  shift 4
  out=$(mktemp)
  find "$root/opt/telepresence" -exec touch -h -d "$MOMENT" {} +
  # shellcheck disable=SC2086  # a list of flags
  unshare --net --mount --propagation private sh -c "
    ip link set lo up; mount -t proc proc '$root/proc' && mount -o bind /dev '$root/dev'
    exec ${BEFORE:-} env -i PATH=/bin:/usr/sbin REHEARSE='-XX:AOTCacheOutput=/tmp/$aot.aot' $environment \
      chroot '$root' /opt/telepresence/bin/run $*" >"$out" 2>&1 &
  pid=$!
  sleep "$seconds"
  kill -TERM "$pid" 2>/dev/null || true
  wait "$pid" 2>/dev/null || true
  if [ ! -s "$root/tmp/$aot.aot" ]; then
    echo "error: the rehearsal of $aot made no start-up cache:" >&2
    tail -20 "$out" >&2
    return 1
  fi
  mv "$root/tmp/$aot.aot" "$root/opt/telepresence/$aot.aot"
  chmod 644 "$root/opt/telepresence/$aot.aot"
  rm -rf "$root"/tmp/* "$out"
}

# docker-archive: one layer, its configuration, and a manifest with the tag.
archive() { # archive NAME USER [ENTRY-POINT [MORE-JSON-OF-CONFIG]]
  local name=$1 root=$IMAGES/$1.root work=$IMAGES/$1.work entry=${3:-/opt/telepresence/bin/run} tag layer config
  tag=$REGISTRY/$name:$VERSION
  rm -rf "$work" && mkdir -p "$work"
  tar --sort=name --mtime="$MOMENT" --owner=0 --group=0 --numeric-owner -C "$root" -cf "$work/layer.tar" .
  layer=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
  cat >"$work/config.json" <<EOT
{"architecture":"amd64","os":"linux","created":"2026-01-01T00:00:00Z","config":{"User":"$2","WorkingDir":"/tmp","Env":["PATH=/usr/sbin:/usr/bin:/bin"${4:-}],"Entrypoint":["$entry"]},"rootfs":{"type":"layers","diff_ids":["sha256:$layer"]},"history":[{"created":"2026-01-01T00:00:00Z","created_by":"scripts/build"}]}
EOT
  config=$(sha256sum "$work/config.json" | cut -d' ' -f1)
  mv "$work/config.json" "$work/$config.json"
  echo "[{\"Config\":\"$config.json\",\"RepoTags\":[\"$tag\"],\"Layers\":[\"layer.tar\"]}]" >"$work/manifest.json"
  tar --sort=name --mtime="$MOMENT" --owner=0 --group=0 --numeric-owner -C "$work" -cf "$IMAGES/$name.tar" manifest.json "$config.json" layer.tar
  rm -rf "$work" "$root"
  echo "  $tag: $(du -m "$IMAGES/$name.tar" | cut -f1) MB, compressed $(gzip -1 -c "$IMAGES/$name.tar" | wc -c | awk '{printf "%.0f", $1/1e6}') MB"
}

# shellcheck disable=SC2115  # $root is never empty
build_images() {
  echo "Images in target/images"
  mkdir -p "$IMAGES"
  local root
  root_fs traffic-agent traffic-agent "$AGENT_MODULES"
  root=$IMAGES/traffic-agent.root
  with_libraries "$root" /usr/sbin/nft
  cp -L /usr/sbin/nft "$root/usr/sbin/nft"
  # Java knows file names by the encoding of the locale; without one, only those in ASCII.
  mkdir -p "$root/usr/lib/locale/C.utf8"
  cp /usr/lib/locale/C.utf8/LC_CTYPE "$root/usr/lib/locale/C.utf8/"
  local memory="192 72 45 50"
  entry_point "$root" traffic-agent/src/main/packaging/jvm.options agent "$memory" \
    agent=io.telepresence.agent.AgentMain agent-init=io.telepresence.agent.AgentInitMain
  mkdir -p "$root/etc/traffic-agent" "$root/var/run/secrets/telepresence.io/traffic-manager"
  cp scripts/lib/build/rehearsal-agent.json "$root/etc/traffic-agent/config"
  echo none >"$root/var/run/secrets/telepresence.io/traffic-manager/token"
  rehearse_image "$root" agent 4 "_TEL_AGENT_NAME=rehearsal _TEL_AGENT_POD_UID=1 _TEL_AGENT_POD_IP=127.0.0.1 _TEL_AGENT_NAMESPACE=default" agent
  rm -rf "$root/etc/traffic-agent" "$root/var"
  archive traffic-agent 7777:7777

  root_fs traffic-manager traffic-manager "$MANAGER_MODULES"
  root=$IMAGES/traffic-manager.root
  memory="512 160 62 32"
  entry_point "$root" traffic-manager/src/main/packaging/jvm.options manager "$memory" \
    manager=io.telepresence.manager.ManagerMain uninstall=io.telepresence.manager.UninstallMain
  mkdir -p "$root/etc/traffic-manager"
  echo '{"agent": {"image": {"reference": "none"}}}' >"$root/etc/traffic-manager/settings.json"
  # With somebody who answers as the API server does, else it would only learn to wait for one.
  build_go apiserver "$IMAGES/apiserver"
  BEFORE="'$IMAGES/apiserver' 6443 '$root'" rehearse_image "$root" manager 12 "POD_NAME=rehearsal POD_IP=127.0.0.1 POD_NAMESPACE=ambassador KUBERNETES_SERVICE_HOST=127.0.0.1 KUBERNETES_SERVICE_PORT=6443" manager
  rm -r "$IMAGES/apiserver" "$root/var" "$root/etc/resolv.conf" "$root/etc/traffic-manager"
  archive traffic-manager 1000:1000

  build_client_image
}
