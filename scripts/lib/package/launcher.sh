#!/bin/sh
# Starts the command line, or one of the daemons, on the runtime beside it. Works wherever the directory lies.
#
# What any launcher must hold, because a rule of sudoers may let a user who is not root run "telepresence rootd --detach"
# as root without a password (docs/security.md, LauncherTest, SudoIT):
# - No file is opened, made or removed whose path comes from the arguments or the environment. The output of "rootd
#   --detach" goes to /var/log/telepresence/daemon-start.log: the directory is no link, is root's and is closed to the
#   writing of others before anything in it is touched, the old file is removed, and the new one made with O_EXCL.
# - With SUDO_UID set, and not 0, nothing of the environment reaches the root daemon's java: no options, no PATH.
# - All arguments after "--detach" are handed to the daemon, which judges them itself (Options, RootDirectory).
self=$0
while [ -L "$self" ]; do
  link=$(readlink "$self")
  case $link in
    /*) self=$link ;;
    *) self=${self%/*}/$link ;;
  esac
done
home=$(cd "${self%/*}/.." && pwd -P) || exit 1
lib=$home/lib
logs=/var/log/telepresence

case ${1:-} in
  userd)
    class=io.telepresence.userd.UserDaemonMain aot=userd options="@USERD_OPTIONS@ ${TELEPRESENCE_USERD_JAVA_OPTS:-}"
    class_path=@USERD_CLASS_PATH@
    ;;
  kubeauthd)
    class=io.telepresence.userd.KubeAuthMain aot=userd options="@USERD_OPTIONS@ ${TELEPRESENCE_USERD_JAVA_OPTS:-}"
    class_path=@USERD_CLASS_PATH@
    ;;
  sftp-relay)
    class=io.telepresence.userd.SftpRelayMain aot=userd options="@USERD_OPTIONS@ -Xmx32m -XX:-UsePerfData"
    class_path=@USERD_CLASS_PATH@
    ;;
  rootd)
    [ "${SUDO_UID:-0}" = 0 ] || {
      PATH=/usr/sbin:/usr/bin:/sbin:/bin
      unset TELEPRESENCE_ROOTD_JAVA_OPTS JAVA_TOOL_OPTIONS JDK_JAVA_OPTIONS _JAVA_OPTIONS CLASSPATH
    }
    class=io.telepresence.rootd.RootDaemonMain aot=rootd options="@ROOTD_OPTIONS@ ${TELEPRESENCE_ROOTD_JAVA_OPTS:-}"
    class_path=@ROOTD_CLASS_PATH@
    ;;
  *)
    class=io.telepresence.cli.Main aot=cli options="@CLI_OPTIONS@"
    class_path=@CLI_CLASS_PATH@
    ;;
esac
cache=
[ ! -f "$home/aot/$aot.aot" ] || cache="-XX:AOTCache=$home/aot/$aot.aot -Xlog:aot=off -Xlog:cds=off"

if [ "$aot" != cli ]; then
  shift
  if [ "${1:-}" = --detach ]; then
    # A session of its own, no terminal, no file of the caller's; prints the process id. The output goes to FILE
    # ("userd --detach FILE"), of the root daemon to its own ("rootd --detach").
    shift
    if [ "$aot" = rootd ]; then
      umask 022
      if ! { mkdir -p "$logs" && [ ! -L "$logs" ] && cd "$logs" && [ "$(stat -c %u .)" = 0 ] && chmod go-w . \
        && rm -f daemon-start.log; }; then
        echo "$logs cannot be made, or is not root's" >&2
        exit 1
      fi
      set -C
      exec 3>daemon-start.log
    else
      mkdir -p "${1%/*}"
      exec 3>"$1"
      shift
    fi
    cd /
    # sudo's terminal may hang up before the daemon has left it.
    trap '' HUP
    # shellcheck disable=SC2086
    setsid "$home/runtime/bin/java" $cache $options "-Dtelepresence.home=$home" -cp "$class_path" "$class" "$@" \
      </dev/null >&3 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    echo $!
    exit 0
  fi
fi
# shellcheck disable=SC2086
exec "$home/runtime/bin/java" $cache $options "-Dtelepresence.home=$home" -cp "$class_path" "$class" "$@"
