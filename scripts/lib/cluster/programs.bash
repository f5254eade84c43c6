# Builds programs from Go modules, once for each version: no registry of ready-made ones is at hand where this runs.

# program_folder SET: where the programs of a set are, or will be.
program_folder() {
  local module
  read -r module _ <<<"$(program_row "$1")"
  [ -n "$module" ] || die "no program set $1 in versions.bash"
  echo "$CACHE/$1-${module##*@v}/bin"
}

program_version() {
  local module
  read -r module _ <<<"$(program_row "$1")"
  echo "${module##*@v}"
}

# ensure_programs SET...: builds what is not there yet.
ensure_programs() {
  local name
  for name in "$@"; do
    [ -d "$(program_folder "$name")" ] || build_programs "$name"
  done
}

# The build is done beside its final place and renamed, so that a broken one is never taken for whole.
build_programs() {
  local set=$1 module toolchain packages folder work begin=$SECONDS
  read -r module toolchain packages <<<"$(program_row "$set")"
  folder=$(program_folder "$set")
  need_go "$set"
  need_room
  case $set in
    runc) install_packages "gcc:gcc pkg-config:pkg-config /usr/include/seccomp.h:libseccomp-dev" ;;
    kube-router) install_packages "patch:patch" ;;
  esac
  lock_builds
  # Another cluster of this machine may have built it meanwhile.
  [ ! -d "$folder" ] || {
    unlock_builds
    return
  }
  rm -rf "$CACHE"/build-"$set".*
  work=$(mktemp -d "$CACHE/build-$set.XXXXXX")
  step "${module#*/}: built once from Go modules; log: $work/log"
  # Not inside of the condition: there no failure would end it.
  (trap - ERR && build_module "$set" "$module" "$toolchain" "$packages" "$work") >"$work/log" 2>&1 &
  if ! wait $!; then
    show_tail "$work/log"
    die "could not build $set ($module): is the Go module proxy within reach? Its folder is $work"
  fi
  mkdir -p "${folder%/bin}"
  rm -rf "$folder"
  mv "$work/bin" "$folder"
  rm -rf "$work"
  unlock_builds
  say "    $set built ($((SECONDS - begin)) s)"
}

build_module() (
  set -e
  local set=$1 module=${2%@*} version=${2#*@} toolchain=$3 packages=$4 work=$5 package name flags
  # Go leaves a process behind that would keep the locks.
  close_descriptors
  mkdir -p "$work/bin" "$work/module"
  cd "$work/module"
  unset GOROOT GOBIN
  export GOFLAGS=-mod=mod CGO_ENABLED=0 GO111MODULE=on GOWORK=off
  [ "$toolchain" = - ] || export GOTOOLCHAIN=$toolchain
  [ "$set" != runc ] || export CGO_ENABLED=1
  go mod init test-cluster/"$set"
  go mod edit -require="$module@$version"
  ! declare -F "prepare_$set" >/dev/null || "prepare_$set" "$module" "$version"
  [ -f main.go ] || import_packages "$module" "$packages"
  go mod tidy
  flags=$(link_flags "$set" "$module" "$version")
  for package in ${packages//,/ }; do
    case $package in
      main) package=. name=$set ;;
      .) package=$module name=$set ;;
      *) name=${package##*/} package=$module/$package ;;
    esac
    echo "compiling $name"
    # shellcheck disable=SC2046  # a list of words
    go build $(build_tags "$set") -ldflags "$flags" -o "$work/bin/$name" "$package"
  done
  case $set in
    argo-rollouts) keep_manifests "$module" manifests/crds "$work/bin" ;;
    cert-manager) keep_manifests "$module" deploy/crds "$work/bin" ;;
  esac
)

# Imports keep what the commands need in go.mod.
import_packages() {
  local package
  {
    printf '//go:build tools\n\npackage tools\n\nimport (\n'
    for package in ${2//,/ }; do
      [ "$package" = . ] && package= || package=/$package
      printf '\t_ "%s%s"\n' "$1" "$package"
    done
    echo ')'
  } >tools.go
}

# Kubernetes names its own libraries as v0.0.0 and leaves it to whoever builds it to say which those are.
prepare_kubernetes() { replace_staging "$2"; }

# The rollouts' controller requires another Kubernetes, whose libraries are wanted the same way.
prepare_argo-rollouts() {
  local version
  version=$(sed -n 's|^[[:space:]]*k8s\.io/kubernetes \(v[0-9.]*\).*|\1|p' "$(go_mod_file "$1@$2")")
  replace_staging "$version"
}

replace_staging() {
  local name library=v0.${1#v1.}
  # shellcheck disable=SC2013  # names of modules
  for name in $(sed -n 's|^[[:space:]]*\(k8s\.io/[a-z0-9-]*\) v0\.0\.0$|\1|p' "$(go_mod_file "k8s.io/kubernetes@$1")"); do
    go mod edit -replace="$name=$name@$library"
  done
}

go_mod_file() { go mod download -json "$1" | sed -n 's/.*"GoMod": "\(.*\)".*/\1/p'; }

# All of its plugins cost minutes and pull in half the clouds; these are the ones that the clusters' configuration names.
prepare_coredns() {
  cat >main.go <<GO
package main

import (
	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
$(for name in bind cache errors forward health hosts kubernetes loadbalance log loop ready reload template; do
    printf '\t_ "github.com/coredns/coredns/plugin/%s"\n' "$name"
  done)
)

func main() {
	_ = dnsserver.Directives
	coremain.Run()
}
GO
}

# The flaws are told in the patch.
prepare_kube-router() {
  copy_module "$1@$2"
  patch --strip=1 --directory=copies/"${1//\//-}" <"$LIB/src/kube-router.patch"
}

# Some of the many DNS services that it can write to are not served, and nobody here asks for any: without them it builds
# in a fraction of the time.
prepare_traefik() {
  local file name other version dns
  file=$(go_mod_file "$1@$2")
  while read -r name other version; do
    go mod edit -replace="$name=$other@$version"
  done < <(sed -nE 's/^(replace)?[[:space:]]*([^ ]+) => ([^ .][^ ]*) (v[^ ]+).*/\2 \3 \4/p' "$file")
  version=$(sed -nE 's|^[[:space:]]*github.com/go-acme/lego/v4 (v[^ ]+).*|\1|p' "$file")
  copy_module "github.com/go-acme/lego/v4@$version"
  dns=copies/github.com-go-acme-lego-v4/providers/dns
  rm -rf "${dns:?}"/*
  cat >"$dns/none.go" <<'GO'
package dns

import (
	"fmt"

	"github.com/go-acme/lego/v4/challenge"
)

func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, fmt.Errorf("no DNS provider was built in: %s", name)
}
GO
}

# copy_module MODULE@VERSION: to be changed, and taken instead of the one served.
copy_module() {
  local folder name=${1%@*} copy
  copy=copies/${name//\//-}
  folder=$(go mod download -json "$1" | sed -n 's/.*"Dir": "\(.*\)".*/\1/p')
  mkdir -p copies
  cp -r "$folder" "$copy"
  chmod -R u+w "$copy"
  go mod edit -replace="$name=./$copy"
}

# Its name is below the module's, whose inner packages it uses.
prepare_cert-manager() {
  go mod edit -module="$1/test-cluster"
  cp "$LIB/src/cert-manager.go" main.go
}

build_tags() {
  case $1 in
    runc) echo "-tags=seccomp" ;;
    containerd) echo "-tags=no_btrfs,no_zfs,no_aufs,no_devmapper" ;;
  esac
}

link_flags() {
  local set=$1 module=$2 version=$3 flags="-s -w" minor
  minor=${version#v1.}
  case $set in
    kubernetes)
      flags+=" -X k8s.io/component-base/version.gitVersion=$version"
      flags+=" -X k8s.io/component-base/version.gitMajor=1 -X k8s.io/component-base/version.gitMinor=${minor%%.*}"
      ;;
    containerd) flags+=" -X $module/version.Version=$version" ;;
    runc) flags+=" -X main.version=${version#v}" ;;
    kube-router) flags+=" -X $module/pkg/version.Version=$version" ;;
  esac
  echo "$flags"
}

# Where a module brings the definitions of its own kinds, they lie beside its programs.
keep_manifests() { # keep_manifests MODULE FOLDER BIN
  mkdir -p "$3/crds"
  cp "$(go list -m -f '{{.Dir}}' "$1")/$2"/*.yaml "$3/crds/"
  rm -f "$3/crds/kustomization.yaml"
  chmod u+w "$3"/crds/*
}

need_go() {
  [ "$(kubernetes_source "$KUBERNETES")" != debian ] || ! command -v go >/dev/null || return 0
  new_go_is_there || die "$1 is built from Go modules, which needs Go $OLDEST_GO or later: install it, for example from https://go.dev/dl, and put it on the PATH"
}

new_go_is_there() {
  local version
  version=$(GOTOOLCHAIN=local go env GOVERSION 2>/dev/null) || return 1
  printf '%s\n' "$OLDEST_GO" "${version#go}" | sort --version-sort --check=quiet
}

# A whole build needs some gigabytes for a while; a full disk would fail it in the middle, with an unclear message.
need_room() {
  local free
  mkdir -p "$CACHE"
  free=$(df --output=avail -k "$CACHE" | tail -1)
  [ "$free" -gt 6291456 ] || die "$((free / 1024)) MiB are free below $CACHE, a build needs 6 GiB: make room, or set XDG_CACHE_HOME"
}

# Clusters of two versions can be brought up at once: one builds, the other waits for what they share.
lock_builds() {
  exec {BUILD_LOCK_FD}>"$CACHE/build.lock"
  flock --wait 1800 "$BUILD_LOCK_FD" || die "another scripts/cluster has been building for 30 minutes"
}

unlock_builds() { exec {BUILD_LOCK_FD}>&-; }
