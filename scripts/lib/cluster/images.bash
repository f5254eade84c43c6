# Images are docker-archive tars put together by hand: there is no docker and no registry.

IMAGES=$CACHE/images

# ensure_image NAME: builds the image when its sources have changed, and prints the path of its tar.
ensure_image() {
  local name=$1 key tar sources=("$LIB/images.bash")
  [ ! -f "$LIB/src/$name.c" ] || sources+=("$LIB/src/$name.c")
  key=$({
    cat "${sources[@]}"
    declare -f "rootfs_$name"
    image_programs "$name"
  } | sha256sum | cut -c1-12)
  tar=$IMAGES/$name-$key.tar
  if [ ! -f "$tar" ]; then
    step "building image localhost/$name:1"
    mkdir -p "$IMAGES"
    # Those of earlier sources; a cluster of another version may want its own still.
    find "$IMAGES" -name "$name-????????????.tar" -mtime +7 -delete
    local work
    work=$(mktemp -d "$IMAGES/work.XXXXXX")
    mkdir "$work/root"
    "rootfs_$name" "$work/root" >&2
    pack_image "$work" "$name" "$tar"
    rm -rf "$work"
  fi
  echo "$tar"
}

# The program that an image is made of, where that is not in its sources here.
image_programs() { [ -z "$(program_row "$1")" ] || stat -c '%n %s %Y' "$(program_folder "$1")"/*; }

rootfs_coredns() { cp "$(program_folder coredns)/coredns" "$1/coredns"; }

rootfs_pause() { compile pause "$1/pause"; }

rootfs_echo() {
  compile echo "$1/echo"
  add_busybox "$1"
}

# What a test calls from inside the cluster: busybox, curl, socat and iperf3 with the libraries they need.
rootfs_tools() {
  add_busybox "$1"
  local program
  for program in curl iperf3 socat; do add_program "$1" "$(command -v $program)"; done
  mkdir -p "$1/etc/ssl/certs"
  cp -L /etc/ssl/certs/ca-certificates.crt "$1/etc/ssl/certs/"
}

# nginx of Debian, without its modules and configuration.
rootfs_nginx() {
  add_busybox "$1"
  add_program "$1" "$(command -v nginx)"
  mkdir -p "$1/var/log/nginx" "$1/var/lib/nginx"
}

# Files only, for a volume.
rootfs_files() {
  mkdir -p "$1/texts"
  echo "hello from an image" >"$1/texts/greeting.txt"
}

# What a Java program needs beside a JDK and its jars, which tests bring as volumes: the C library's parts, whichever of
# them that JDK is linked with.
rootfs_java() {
  add_busybox "$1"
  local libraries name
  libraries=/lib/$(uname -m)-linux-gnu
  for name in libc.so.6 libdl.so.2 libm.so.6 libpthread.so.0 librt.so.1 libz.so.1; do
    mkdir -p "$1$libraries"
    cp -L "$libraries/$name" "$1$libraries/"
  done
  add_libraries "$1" "$libraries/libz.so.1"
}

compile() { gcc -static -O2 -Wall -Wextra -Werror -pthread -o "$2" "$LIB/src/$1.c"; }

add_busybox() {
  mkdir -p "$1/bin" "$1/tmp" "$1/etc"
  chmod 1777 "$1/tmp"
  echo 'root:x:0:0:root:/:/bin/sh' >"$1/etc/passwd"
  echo 'root:x:0:' >"$1/etc/group"
  cp /bin/busybox "$1/bin/busybox"
  local applet
  for applet in $(/bin/busybox --list); do
    [ "$applet" = busybox ] || ln -s busybox "$1/bin/$applet"
  done
}

add_program() {
  rm -f "$1/bin/${2##*/}"
  cp "$2" "$1/bin/"
  add_libraries "$1" "$2"
}

# add_libraries ROOT FILE: the libraries that the file is linked with, and what loads them.
add_libraries() {
  local library
  for library in $(ldd "$2" | grep -o '/[^ ]*'); do
    mkdir -p "$1$(dirname "$library")"
    cp -L "$library" "$1$library"
  done
}

# pack_image WORK NAME TAR: one layer, its configuration, and the manifest that joins them. The
# command is left to the pods, except for pause, which kubelet starts without one.
pack_image() {
  local work=$1 name=$2 tar=$3 digest command=null
  [ "$name" != pause ] || command='["/pause"]'
  tar -C "$work/root" --owner=0 --group=0 --numeric-owner --sort=name --mtime=@0 -cf "$work/layer.tar" .
  digest=$(sha256sum "$work/layer.tar" | cut -d' ' -f1)
  cat >"$work/config.json" <<JSON
{"architecture":"$(go_architecture)","os":"linux",
 "config":{"Entrypoint":$command,"Env":["PATH=/bin:/usr/bin:/"]},
 "rootfs":{"type":"layers","diff_ids":["sha256:$digest"]},"history":[{"created_by":"scripts/cluster"}]}
JSON
  cat >"$work/manifest.json" <<JSON
[{"Config":"config.json","RepoTags":["localhost/$name:1"],"Layers":["layer.tar"]}]
JSON
  tar -C "$work" -cf "$work/image.tar" manifest.json config.json layer.tar
  mv "$work/image.tar" "$tar"
}

go_architecture() { case $(uname -m) in aarch64) echo arm64 ;; *) echo amd64 ;; esac }

# import_images TAR...: into every node that runs, which all do it at the same time.
import_images() {
  local node pids=() pid failed=
  for node in $(running_nodes); do
    (use_node "$node" && for tar; do import_on_node "$tar"; done) &
    pids+=("$!")
  done
  for pid in "${pids[@]}"; do wait "$pid" || failed=1; done
  [ -z "$failed" ] || die "an image could not be loaded"
  for tar; do say "    loaded ${tar##*/}"; done
}

# The tar is the same one as long as its name, size and time are; it is not read again then.
import_on_node() {
  local out note
  note=$NODE_STATE/loaded/${1##*/}/$(stat -c '%s-%Y' "$1")
  [ ! -f "$note" ] || return 0
  out=$(ctr --address "$CONTAINERD_SOCKET" -n "$CTR_NAMESPACE" images import "$1" 2>&1) ||
    {
      say "$out"
      die "could not load $1 into $NODE_NAME"
    }
  rm -rf "${note%/*}"
  mkdir -p "${note%/*}"
  touch "$note"
}

# copy_images NODE...: what the first node has been given, for nodes that come later.
copy_images() {
  local name tar
  use_node node1
  tar=$STATE/images.tar
  # shellcheck disable=SC2046  # a list of names
  ctr --address "$CONTAINERD_SOCKET" -n "$CTR_NAMESPACE" images export "$tar" \
    $(ctr --address "$CONTAINERD_SOCKET" -n "$CTR_NAMESPACE" images list -q | grep -v sha256:) >&2
  for name; do use_node "$name" && import_on_node "$tar"; done
  rm -f "$tar"
}

# unload_image NAME: takes away what import_images brought.
unload_image() {
  local node
  remove_images "localhost/$1:"
  for node in $(running_nodes); do rm -rf "$STATE/$node/loaded/$1"-*; done
}

# remove_images PREFIX: those on the nodes whose names begin so.
remove_images() {
  local node
  for node in $(running_nodes); do (use_node "$node" && remove_images_on_node "$1"); done
}

# An image that has another name besides stays under that.
remove_images_on_node() {
  local names
  names=$(ctr --address "$CONTAINERD_SOCKET" -n "$CTR_NAMESPACE" images list 2>/dev/null | awk -v prefix="$1" '
        index($1, prefix) == 1 { gone[$3] = 1; print $1; next }
        NR > 1 { if ($1 ~ /^sha256:/) id[$1] = $3; else kept[$3] = 1 }
        END { for (name in id) if (id[name] in gone && !(id[name] in kept)) print name }')
  [ -z "$names" ] || xargs ctr --address "$CONTAINERD_SOCKET" -n "$CTR_NAMESPACE" images remove <<<"$names" >/dev/null 2>&1
}
