# Sourced by scripts/demo: its steps.

DIST=$PWD/target/dist/telepresence/bin
ADMIN=() DEVELOPER=() KUBECTL=(kubectl)
HANDLER=

title() { printf '\n\033[1m# %s\033[0m\n' "$*"; }

# Shows a command as the user would type it, runs it there, and shows what it prints.
show() { # show WHO-ARRAY COMMAND…
  local -n who=$1
  shift
  printf '\033[36m$%s\033[0m\n' "$(typed "$@")"
  "${who[@]}" "$@"
}

# Words as one types them: quoted where a shell would not leave them alone.
typed() {
  local word
  for word in "$@"; do
    case $word in
      *[!A-Za-z0-9_./:=%,@-]*) printf " '%s'" "$word" ;;
      *) printf ' %s' "$word" ;;
    esac
  done
}

# The same for a command that may fail on the way.
try() {
  show "$@" || true
}

demo_prepare() { # demo_prepare CONTEXT
  title "Preparing: the packaged binary and the images"
  [ -x "$DIST/telepresence" ] && [ -f target/images/traffic-manager.tar ] || scripts/build --skip-tests
  export PATH=$DIST:$PATH
  if [ -n "$1" ]; then
    ADMIN=(env) DEVELOPER=(env) KUBECTL=(kubectl --context "$1")
    demo_context "$1"
  else
    scripts/cluster up
    scripts/cluster samples
    scripts/cluster load target/images/traffic-manager.tar target/images/traffic-agent.tar
    ADMIN=("$PWD/scripts/cluster" laptop --user admin --)
    DEVELOPER=("$PWD/scripts/cluster" laptop --)
    KUBECTL=("$PWD/scripts/cluster" kubectl)
  fi
}

# On the user's own cluster: a kubeconfig with that context as the current one, and a small sample.
demo_context() {
  KUBECONFIG_COPY=$(mktemp)
  chmod 600 "$KUBECONFIG_COPY"
  kubectl config view --raw --minify --flatten --context "$1" >"$KUBECONFIG_COPY"
  export KUBECONFIG=$KUBECONFIG_COPY
  kubectl apply -f scripts/lib/demo-sample.yaml
  kubectl rollout status deployment/echo --timeout=120s
}

demo_walk() {
  title "Install the traffic-manager, as the administrator of the cluster"
  local verb=install
  # A Deployment: of a revision before.
  ! "${KUBECTL[@]}" -n ambassador get statefulset,deployment -o name 2>/dev/null | grep -q '/traffic-manager$' || verb=upgrade
  show ADMIN telepresence helm "$verb" \
    --set clientRbac.create=true \
    --set-json 'clientRbac.subjects=[{"kind":"Group","name":"developers","apiGroup":"rbac.authorization.k8s.io"}]'
  "${ADMIN[@]}" telepresence quit -s >/dev/null

  title "Connect, as a plain developer"
  show DEVELOPER telepresence connect
  try DEVELOPER curl -sk --max-time 10 -o /dev/null -w 'HTTP %{http_code}\n' https://kubernetes.default
  show DEVELOPER curl -s --max-time 10 http://echo/
  show DEVELOPER telepresence list
  show DEVELOPER telepresence status

  title "Intercept: requests for echo are answered by a process on this laptop"
  demo_handler
  show DEVELOPER telepresence intercept echo --port 8080:http
  demo_ask
  show DEVELOPER telepresence leave echo

  title "Intercept with a filter: only the requests of one user"
  show DEVELOPER telepresence intercept echo --port 8080:http --http-header x-user=margret
  demo_ask -H "x-user: margret"
  demo_ask -H "x-user: bob"
  show DEVELOPER telepresence why GET http://echo/ -H "x-user: bob"
  show DEVELOPER telepresence leave echo

  title "Replace: the container is gone, this laptop is the application"
  show DEVELOPER telepresence replace echo --container echo --port 8080:http
  demo_ask
  show DEVELOPER telepresence leave echo --container echo
  title "Leave: the container is back and answers"
  demo_ask

  title "Ingest: no traffic, a local program has the container's environment and volumes"
  # shellcheck disable=SC2016  # for the shell over there
  try DEVELOPER telepresence ingest echo --container echo -- sh -c \
    'echo "PORT=$PORT"; ls $TELEPRESENCE_ROOT/var/run/secrets/kubernetes.io/serviceaccount'

  title "Quit: nothing stays"
  show DEVELOPER telepresence quit -s
}

# Answers every request on laptop port 8080.
demo_handler() {
  printf '\033[36m$ %s\033[0m\n' "(a local web server on port 8080)"
  "${DEVELOPER[@]}" socat TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr \
    EXEC:"$PWD/scripts/lib/hello" &
  HANDLER=$!
}

# A request from another pod of the cluster.
demo_ask() { # demo_ask [-H HEADER]
  printf '\033[36m$%s\033[0m\n' "$(typed kubectl exec caller -- curl "$@" http://echo/)"
  if "${KUBECTL[@]}" get pod caller >/dev/null 2>&1; then
    "${KUBECTL[@]}" exec caller -- curl -sS -m 15 "$@" http://echo/
  else
    "${KUBECTL[@]}" run "ask-$RANDOM" --rm -i --restart=Never --quiet --image=busybox:stable -- \
      wget -T 10 -qO- ${2:+--header "$2"} http://echo/
  fi
}

demo_clean() {
  if [ -n "$HANDLER" ]; then kill "$HANDLER" 2>/dev/null || true; fi
  "${DEVELOPER[@]}" telepresence quit -s >/dev/null 2>&1 || true
  if [ -n "${KUBECONFIG_COPY:-}" ]; then rm -f "$KUBECONFIG_COPY"; fi
}

demo_goodbye() {
  title "How to go on"
  if [ -n "$1" ]; then
    cat <<EOT
  $DIST/telepresence connect --context $1
Remove everything:
  $DIST/telepresence helm uninstall --context $1
  kubectl --context $1 delete -f scripts/lib/demo-sample.yaml
EOT
  else
    cat <<EOT
  scripts/cluster laptop -- bash        a shell on the laptop of this cluster; then: telepresence connect
  scripts/cluster kubectl get pods -A   what runs in it
Remove everything:
  scripts/cluster down
  rm -rf ~/.cache/telepresence-test-cluster target
EOT
  fi
}
