# Sourced by scripts/build: the client as an image, for running it in Docker. The content of target/dist/telepresence, and
# the programs that its daemons and its users call, from this machine's Debian.

CLIENT_HOME=/opt/telepresence
# busybox has its own of some of them; these are the ones that the daemons need: `ip -j`, ambient capabilities, FUSE.
# Its shell would take its own in any case, so there is another.
CLIENT_PROGRAMS="/usr/bin/dash /usr/bin/curl /usr/bin/sshfs /usr/bin/fusermount3 /usr/bin/setpriv /usr/bin/nsenter /usr/sbin/nft /usr/sbin/ip /usr/bin/socat"
# The runtime has them because of java.beans; nothing draws, so what they need of the desktop stays away.
DESKTOP_LIBRARIES='/lib\(awt.*\|fontmanager\|freetype\|javajpeg\|jawt\|jsound\|lcms\|mlib_image\|splashscreen\)\.so$'

build_client_image() {
  local root=$IMAGES/telepresence.root
  client_root "$root"
  cp -a "$DIST/." "$root$CLIENT_HOME/"
  # shellcheck disable=SC2046,SC2086  # a list of files
  with_libraries "$root" $CLIENT_PROGRAMS \
    $(find "$DIST/runtime" -name '*.so' | grep -v -e "$DESKTOP_LIBRARIES") "$DIST/runtime/bin/java"
  add_client_programs "$root"
  add_client_files "$root"
  add_container_scripts "$root"
  local name
  for name in cli userd rootd; do check_client_cache "$root" "$name"; done
  rm -rf "$root"/tmp/*
  archive telepresence 0:0 $CLIENT_HOME/bin/telepresence ',"LC_ALL=C.UTF-8"'
}

# One /usr, as Debian has it: programs are found where they are looked for, in /bin as in /usr/bin.
client_root() { # client_root ROOT
  local folder
  rm -rf "$1"
  mkdir -p "$1"/{etc/ssl/certs,tmp,proc,sys,dev,run,root,var/log,usr/bin,usr/sbin,usr/lib,usr/lib64,usr/lib/locale/C.utf8} "$1$CLIENT_HOME"
  chmod 1777 "$1/tmp"
  chmod 700 "$1/root"
  for folder in bin sbin lib lib64; do ln -s "usr/$folder" "$1/$folder"; done
}

add_client_programs() { # add_client_programs ROOT
  local program applet
  for program in $CLIENT_PROGRAMS; do
    cp -L --no-preserve=mode "$program" "$1$program"
    chmod 755 "$1$program"
  done
  ln -s dash "$1/usr/bin/sh"
  cp /bin/busybox "$1/usr/bin/busybox"
  for applet in $(/bin/busybox --list); do
    [ -e "$1/usr/bin/$applet" ] || [ -e "$1/usr/sbin/$applet" ] || ln -s busybox "$1/usr/bin/$applet"
  done
  # Netty looks here before it unpacks its library to a temporary directory.
  unzip -q -o -j "$DIST"/lib/netty-transport-native-epoll-*-linux-x86_64.jar 'META-INF/native/*.so' -d "$1/usr/lib"
}

# What containers of Docker mode run, and what a handler's container waits with: there no program of its own is relied on.
add_container_scripts() { # add_container_scripts ROOT
  mkdir -p "$1$CLIENT_HOME/container" "$1/.telepresence/root"
  cp scripts/lib/build/container/{daemon,supervise,routes,sandbox,plumb,volumes} "$1$CLIENT_HOME/container/"
  build_go hold "$1/.telepresence/hold"
  cp /bin/busybox "$1/.telepresence/"
  chmod 755 "$1$CLIENT_HOME"/container/* "$1"/.telepresence/*
}

add_client_files() { # add_client_files ROOT
  # The authorities of the package only, not those that this machine trusts besides.
  cat /usr/share/ca-certificates/mozilla/*.crt >"$1/etc/ssl/certs/ca-certificates.crt"
  # Java knows file names by the encoding of the locale; without one, only those in ASCII.
  cp /usr/lib/locale/C.utf8/LC_CTYPE "$1/usr/lib/locale/C.utf8/"
  printf 'root:x:0:0::/root:/bin/sh\ntelepresence:x:1000:1000::/tmp:/bin/sh\nnobody:x:65534:65534::/:/bin/sh\n' >"$1/etc/passwd"
  printf 'root:x:0:\ntelepresence:x:1000:\nnogroup:x:65534:\n' >"$1/etc/group"
  echo 'hosts: files dns' >"$1/etc/nsswitch.conf"
}

# The start-up caches remember jars by place below the client's home, time and size: are they taken in the image?
check_client_cache() { # check_client_cache ROOT NAME
  local class_path log
  class_path=$(launcher_class_path "$2")
  log=$(mktemp)
  # Libraries beside a program are found by way of /proc.
  # shellcheck disable=SC2046,SC2016  # flags or none; for the inner shell
  unshare --mount --propagation private sh -c 'mount -t proc proc "$0/proc" && exec chroot "$0" "$@"' "$1" $CLIENT_HOME/runtime/bin/java -XX:AOTCache="$CLIENT_HOME/aot/$2.aot" -XX:AOTMode=on $(cache_options "$2") \
    -cp "${class_path//$DIST/$CLIENT_HOME}" -version >/dev/null 2>"$log" || {
    echo "error: the start-up cache of $2 is refused in the client's image:" >&2
    cat "$log" >&2
    rm -f "$log"
    return 1
  }
  rm -f "$log"
}
