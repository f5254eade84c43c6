# Runs a command on the laptop. Everything is replaced by exec, so that the terminal, signals and the
# exit code are the command's own.

run_on_laptop() {
  local user=developer account="" command variables=()
  local place=(--net="/run/netns/$NS_LAPTOP" --mount="$LAPTOP_MOUNTS")
  while [ $# -gt 0 ]; do
    case $1 in
      --user) user=${2:?--user needs a name} && shift 2 ;;
      --second)
        # In a shell of its own, with whose end the lock is given back.
        (ensure_second_laptop)
        place=(--net="/run/netns/$NS_LAPTOP_2" --mount="$LAPTOP_MOUNTS_2" --uts="$LAPTOP_UTS_2")
        shift
        ;;
      --as) account=${2:?--as needs an account} && shift 2 ;;
      --) shift && break ;;
      -*) die "laptop: unknown option $1" ;;
      *) break ;;
    esac
  done
  [ $# -gt 0 ] || die "laptop: which command?"
  case $user in
    developer | admin | norights | expired | colleague) ;;
    *) die "laptop: the users are developer, colleague, admin, norights, expired" ;;
  esac
  command=(nsenter "${place[@]}" --wdns="$PWD")
  if [ -n "$account" ]; then
    id "$account" >/dev/null || die "laptop: no unix account $account"
    command+=(setpriv --reuid "$account" --regid "$(id -g "$account")" --init-groups)
    # Folders of whoever runs this are not the account's.
    variables+=(--unset=XDG_RUNTIME_DIR --unset=XDG_CACHE_HOME --unset=XDG_CONFIG_HOME --unset=XDG_DATA_HOME
      HOME="$(getent passwd "$account" | cut -d: -f6)" USER="$account" LOGNAME="$account")
  fi
  # Where there is an engine, docker finds it; it need not run.
  [ ! -d "$DOCKER" ] || variables+=(DOCKER_HOST="unix://$DOCKER_SOCKET")
  exec "${command[@]}" env "${variables[@]}" PATH="$(laptop_programs)$BIN:$SYSTEM_PATH" KUBECONFIG="$KUBECONFIGS/$user" "$@"
}

# What a neighbour brings for its users, with a colon behind.
laptop_programs() { [ ! -d "$STATE/registry/bin" ] || printf '%s:' "$STATE/registry/bin"; }
