# What the cluster needs from Debian: only missing packages are installed.

# command:package pairs; a command that is there already, from wherever, is good enough.
RUN_NEEDS="iptables:iptables conntrack:conntrack
    socat:socat ebtables:ebtables ethtool:ethtool ipset:ipset jq:jq openssl:openssl
    ip:iproute2 setpriv:util-linux mount:mount sysctl:procps nft:nftables gcc:gcc curl:curl
    dig:bind9-dnsutils iperf3:iperf3 fusermount3:fuse3 nginx:nginx-light"
FILE_NEEDS="/usr/lib/cni/bridge:containernetworking-plugins /bin/busybox:busybox-static
    /usr/lib/$(uname -m)-linux-gnu/libc.a:libc6-dev /etc/ssl/certs/ca-certificates.crt:ca-certificates"
# What the floor takes from Debian as it is.
FLOOR_NEEDS="etcd:etcd-server containerd:containerd runc:runc"
# shellcheck disable=SC2034  # for floorbuild
FLOOR_BUILD_NEEDS="go:golang-go"

missing_packages() {
  local pair floor=
  [ "$(kubernetes_source "$KUBERNETES")" != debian ] || floor=$FLOOR_NEEDS
  for pair in $RUN_NEEDS $floor ${1:-}; do
    [ -e "${pair%%:*}" ] || PATH=$PATH:/usr/sbin:/sbin command -v "${pair%%:*}" >/dev/null || echo "${pair#*:}"
  done
  for pair in $FILE_NEEDS; do
    [ -e "${pair%%:*}" ] || echo "${pair#*:}"
  done
  # Dynamic busybox would not run in an image that starts from nothing.
  if [ -e /bin/busybox ] && ldd /bin/busybox >/dev/null 2>&1; then echo busybox-static; fi
}

# Debian starts a service on installation; the cluster runs its own etcd, containerd and dockerd, so forbid it.
install_packages() {
  local missing
  missing=$(missing_packages "${1:-}" | sort -u | tr '\n' ' ')
  [ -n "${missing// /}" ] || return 0
  step "installing from Debian: $missing"
  # shellcheck disable=SC2086  # a list of words
  install_without_start $missing
}

install_named_package() {
  step "installing from Debian: $1"
  install_without_start "$1"
}

install_without_start() {
  local policy=/usr/sbin/policy-rc.d made='' ok=1
  mkdir -p "$CACHE"
  if [ ! -e $policy ]; then
    printf '#!/bin/sh\nexit 101\n' >$policy && chmod 755 $policy && made=1
  fi
  lock_builds
  apt_install "$@" >"$CACHE/apt.log" 2>&1 || ok=
  unlock_builds
  [ -z "$made" ] || rm -f $policy
  [ -n "$ok" ] || {
    show_tail "$CACHE/apt.log"
    die "apt-get could not install: $*"
  }
}

apt_install() {
  export DEBIAN_FRONTEND=noninteractive
  apt-get install -y --no-install-recommends "$@" && return 0
  # An image that was never updated has no package lists.
  apt-get update && apt-get install -y --no-install-recommends "$@"
}
