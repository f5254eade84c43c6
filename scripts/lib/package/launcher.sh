#!/bin/sh
# Starts the command line, or one of the daemons, on the runtime beside it. Works wherever the directory lies.
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
    # A session of its own, no terminal, no file of the caller's; the output goes to FILE; prints the process id.
    log=$2
    shift 2
    mkdir -p "${log%/*}"
    cd /
    # sudo's terminal may hang up before the daemon has left it.
    trap '' HUP
    # shellcheck disable=SC2086
    setsid "$home/runtime/bin/java" $cache $options "-Dtelepresence.home=$home" -cp "$class_path" "$class" "$@" \
      </dev/null >"$log" 2>&1 3>&- 4>&- 5>&- 6>&- 7>&- 8>&- 9>&- &
    echo $!
    exit 0
  fi
fi
# shellcheck disable=SC2086
exec "$home/runtime/bin/java" $cache $options "-Dtelepresence.home=$home" -cp "$class_path" "$class" "$@"
