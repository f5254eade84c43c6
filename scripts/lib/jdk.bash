# Sourced: finds a JDK 25 or later and exports JAVA_HOME; says how to get one where there is none.

jdk_major() { # jdk_major HOME -> major version, or nothing
  [ -x "$1/bin/javac" ] && sed -n 's/^JAVA_VERSION="\([0-9]*\).*/\1/p' "$1/release" 2>/dev/null
}

find_jdk() {
  local home candidates=("${JAVA_HOME:-}")
  for home in /usr/lib/jvm/*; do [ -d "$home" ] && candidates+=("$home"); done
  if command -v javac >/dev/null; then
    home=$(readlink -f "$(command -v javac)")
    candidates+=("${home%/bin/javac}")
  fi
  for home in "${candidates[@]}"; do
    [ -n "$home" ] || continue
    if [ "$(jdk_major "$home" || true)" -ge 25 ] 2>/dev/null; then
      export JAVA_HOME=$home
      return 0
    fi
  done
  echo "error: no JDK 25 or later found in JAVA_HOME, /usr/lib/jvm or PATH. Install one, for example Temurin 25 (https://adoptium.net), and run this again." >&2
  return 1
}
