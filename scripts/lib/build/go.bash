# Sourced by scripts/build: the programs that are not Java. They stand where nothing else may come in between: the launcher
# and the first process of a handler's container. Small, without a C library, so that they run in any image.

LAUNCHER_SOURCE=scripts/lib/build/launcher

# Any Go from 1.19 on, which is Debian's; they need no module but Go's own.
need_go() {
  command -v go >/dev/null || PATH=$PATH:/usr/local/go/bin
  need_packages go:golang-go
}

# build_go FOLDER PROGRAM: compiles the program of that folder below the launcher's source. Go keeps what it compiled.
build_go() {
  (cd "$LAUNCHER_SOURCE" && GOFLAGS=-mod=mod GOTOOLCHAIN=local CGO_ENABLED=0 GOWORK=off \
    go build -trimpath -ldflags '-s -w -buildid=' -o "$2" "./$1")
}

test_go() {
  (cd "$LAUNCHER_SOURCE" && GOFLAGS=-mod=mod GOTOOLCHAIN=local GOWORK=off go test ./...) >/dev/null
}

# launch_section PROGRAM CLASS CACHE OPTIONS JAR…: a section of lib/launch.conf, without what only some have.
launch_section() {
  local word
  printf 'program %s\nclass %s\ncache %s\n' "$1" "$2" "$3"
  for word in $4; do printf 'option %s\n' "$word"; done
  shift 4
  for word; do printf 'jar %s\n' "$word"; done
}
