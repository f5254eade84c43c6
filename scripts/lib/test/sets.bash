# Sourced by scripts/test: which end-to-end class runs where.

# The oldest Kubernetes that is supported; scripts/cluster's default is the other end.
FLOOR=1.20
E2E_SOURCES=cli/src/test/java/io/telepresence/e2e

# unknown_classes CLASS[#METHOD],…: those that are no end-to-end classes.
unknown_classes() {
  local each strangers=()
  for each in ${1//,/ }; do
    [[ ${each%%#*} = *IT ]] && [ -n "$(find "$E2E_SOURCES" -name "${each%%#*}.java")" ] || strangers+=("${each%%#*}")
  done
  echo "${strangers[*]}"
}

# classes_of today|docker|floor|all: of scripts/lib/test/classes, separated by commas.
classes_of() {
  awk -v end="$1" '
    /^#/ || NF == 0 { next }
    end == "all" || $2 == end || $2 == "both" && (end == "today" || end == "floor") { print $1 }
  ' scripts/lib/test/classes | paste -sd, -
}

# end_of VERSION: an empty one is scripts/cluster's default.
end_of() { case $1 in "$FLOOR" | "$FLOOR".*) echo floor ;; *) echo today ;; esac }

# label_of VERSION: the version itself, of the default too where scripts/cluster tells it.
label_of() {
  local label
  label=$(TEST_KUBERNETES=$1 scripts/cluster env | sed -n 's/^TEST_KUBERNETES=//p')
  echo "${label:-${1:-today}}"
}
