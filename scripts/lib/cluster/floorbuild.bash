# Builds the floor's Kubernetes from Debian's source package: it is older than what builds from Go modules.

KUBE_COMMANDS="kube-apiserver kube-controller-manager kube-scheduler kubelet kube-proxy kubectl"

ensure_floor() {
  local name
  for name in $KUBE_COMMANDS; do
    [ -x "$BIN/$name" ] || {
      build_floor
      return
    }
  done
}

# The build is done beside its final place and renamed, so that a broken one is never taken for whole.
build_floor() {
  install_packages "$FLOOR_BUILD_NEEDS"
  need_room
  lock_builds
  [ ! -x "$BIN/kubectl" ] || {
    unlock_builds
    return
  }
  # Left by a build that was killed; nobody else builds, the lock is ours.
  rm -rf "$CACHE"/build-floor.*
  local work
  work=$(mktemp -d "$CACHE/build-floor.XXXXXX")
  export GOPATH=$work/go GOCACHE=$work/gocache GO111MODULE=off CGO_ENABLED=0 GOFLAGS=
  step "Kubernetes $KUBERNETES: built once from Debian's source, about 5 minutes; log: $work/log"
  # Not inside of the condition: there no failure would end it.
  (close_descriptors && build_steps "$work") &
  if ! wait $!; then
    show_tail "$work/log"
    die "the Kubernetes build failed; its folder is $work"
  fi
  rm -rf "${BIN%/bin}"
  mkdir -p "$work/out"
  mv "$work/bin" "$work/out/bin"
  mv "$work/out" "${BIN%/bin}"
  rm -rf "$work"
  unlock_builds
}

build_steps() {
  set -e
  local work=$1 src=$GOPATH/src/k8s.io/kubernetes name
  mkdir -p "$src" "$work/bin"
  say "    fetching the source package"
  fetch_source "$work" >>"$work/log" 2>&1
  say "    unpacking"
  tar -xzf "$work"/kubernetes_*.orig.tar.gz -C "$src" --strip-components=1
  cd "$src"
  mend_reflect2 vendor/github.com/modern-go/reflect2
  say "    generating the OpenAPI definitions"
  generate_openapi "$work" >>"$work/log" 2>&1
  for name in $KUBE_COMMANDS; do
    say "    compiling $name"
    go build -ldflags "$(version_flags)" -o "$work/bin/$name" "k8s.io/kubernetes/cmd/$name" >>"$work/log" 2>&1
  done
}

# The machine's own apt sources, turned to source packages, in lists of their own: nothing of the
# machine's set-up is changed. Sources that carry no source packages only give a warning.
fetch_source() {
  local apt=$1/apt file
  mkdir -p "$apt/sources" "$apt/lists/partial"
  for file in /etc/apt/sources.list.d/*.sources; do
    [ -f "$file" ] && sed 's/^Types:.*/Types: deb-src/' "$file" >"$apt/sources/${file##*/}"
  done
  for file in /etc/apt/sources.list /etc/apt/sources.list.d/*.list; do
    [ -f "$file" ] && sed -n 's/^deb /deb-src /p' "$file" >"$apt/sources/$(basename "$file" .list)-src.list"
  done
  local options=(-o "Dir::Etc::sourceparts=$apt/sources" -o Dir::Etc::sourcelist=/dev/null
    -o "Dir::State::lists=$apt/lists" -o APT::Sandbox::User=root)
  apt-get "${options[@]}" update || true
  (cd "$1" && apt-get "${options[@]}" source --download-only kubernetes)
  ls "$1"/kubernetes_*"$KUBERNETES"*.orig.tar.gz
}

# The vendored reflect2 1.0.1 was made for Go before 1.18: it calls reflect.mapiterinit without the
# third argument that it has had since, which writes to a stray address. The API server then dies as
# soon as a webhook changes an object. What follows is what reflect2 1.0.2 does.
mend_reflect2() {
  sed -i 's/^func mapiterinit(.*/func mapiterinit(rtype unsafe.Pointer, m unsafe.Pointer, it *hiter)/' \
    "$1/unsafe_link.go"
  sed -i '/^type hiter struct {/,/^}/d' "$1/unsafe_link.go"
  cat >>"$1/unsafe_link.go" <<'END'

type hiter struct {
	key         unsafe.Pointer
	value       unsafe.Pointer
	t           unsafe.Pointer
	h           unsafe.Pointer
	buckets     unsafe.Pointer
	bptr        unsafe.Pointer
	overflow    *[]unsafe.Pointer
	oldoverflow *[]unsafe.Pointer
	startBucket uintptr
	offset      uint8
	wrapped     bool
	B           uint8
	i           uint8
	bucket      uintptr
	checkBucket uintptr
}

func newHiter(rtype unsafe.Pointer, m unsafe.Pointer) *hiter {
	it := new(hiter)
	mapiterinit(rtype, m, it)
	return it
}
END
  sed -i 's/mapiterinit(type2\.rtype, /newHiter(type2.rtype, /' "$1/unsafe_map.go"
  grep -q 'newHiter(type2.rtype' "$1/unsafe_map.go"
  grep -q 'it \*hiter)' "$1/unsafe_link.go"
}

# The one generated file that the source package lacks. The generator wants every package that asks
# for definitions by its tag.
generate_openapi() {
  local inputs
  go build -o "$1/openapi-gen" k8s.io/kubernetes/vendor/k8s.io/kube-openapi/cmd/openapi-gen
  inputs=$(grep -rl --include='*.go' '+k8s:openapi-gen=' pkg staging/src |
    grep -Ev '/(testdata|test|code-generator|sample-[a-z]+|hack)/|kube-aggregator/.*generated|pkg/generated/' |
    xargs -n1 dirname | sort -u |
    sed -E 's#^staging/src/#k8s.io/kubernetes/vendor/#; t; s#^#k8s.io/kubernetes/#' | paste -sd,)
  "$1/openapi-gen" --input-dirs "$inputs" --output-base "$GOPATH/src" \
    --output-package k8s.io/kubernetes/pkg/generated/openapi --output-file-base zz_generated.openapi \
    --go-header-file hack/boilerplate/boilerplate.generatego.txt --report-filename "$1/report"
}

version_flags() {
  local package flags="-s -w" minor=${KUBERNETES#1.}
  minor=${minor%%.*}
  for package in k8s.io/kubernetes/vendor/k8s.io/component-base/version \
    k8s.io/kubernetes/vendor/k8s.io/client-go/pkg/version; do
    flags+=" -X $package.gitVersion=v$KUBERNETES -X $package.gitMajor=1 -X $package.gitMinor=$minor"
  done
  echo "$flags"
}
