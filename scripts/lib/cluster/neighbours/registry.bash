# A registry of images, as a process of the control plane that laptops and nodes reach under one name, with a certificate
# of the cluster's authority and a password. Images are pushed from the laptop by crane, which needs no Docker engine.

REGISTRY=registry.example.test:5000
REGISTRY_USER=pusher

about_registry() { echo "a registry of images at $REGISTRY, with TLS and a password"; }
programs_registry() { echo registry crane; }

add_registry() {
  ! registry_answers || return 0
  make_registry_files
  trust_registry
  is_running registry || part_registry
  wait_for 20 "the registry answering" "$LOGS/registry.log" registry_answers || die "no registry"
  # The password goes in by a pipe, and into a file that only root can read.
  crane auth login "$REGISTRY" -u $REGISTRY_USER --password-stdin <"$STATE/registry/password" \
    >>"$LOGS/registry.log" 2>&1 || {
    show_tail "$LOGS/registry.log"
    die "no login at the registry"
  }
}

part_registry() { start registry "$(program_folder registry)/registry" serve "$CONF/registry.yaml"; }

# It asks for the password, and by that says that it is there.
registry_answers() {
  [ "$(on_laptop curl --silent --max-time 2 --cacert "$STATE/registry/ca.crt" --output /dev/null \
    --write-out '%{http_code}' "https://$REGISTRY/v2/")" = 401 ]
}

make_registry_files() {
  local folder=$STATE/registry
  mkdir -p "$folder/data" "$folder/bin"
  [ -f "$PKI/registry.crt" ] || make_certificate registry /CN=registry 3650 "subjectAltName=DNS:${REGISTRY%:*}"
  cp "$PKI/ca.crt" "$folder/ca.crt"
  [ -f "$folder/htpasswd" ] || (umask 077 && make_registry_password "$folder")
  render "$LIB/conf/registry.yaml" >"$CONF/registry.yaml"
  cat >"$folder/bin/crane" <<SH
#!/bin/sh
# crane that knows the registry's authority and password.
export DOCKER_CONFIG=$folder/docker SSL_CERT_FILE=$folder/ca.crt
exec $(program_folder crane)/crane "\$@"
SH
  chmod 755 "$folder/bin/crane"
}

# Perl is on every Debian, and its crypt knows the kind of hash that the registry wants.
make_registry_password() {
  local salt
  salt=$(openssl rand -hex 11)
  openssl rand -hex 16 | tr -d '\n' >"$1/password"
  # shellcheck disable=SC2016  # for perl
  perl -e 'print "$ARGV[0]:", crypt(<STDIN>, "\$2b\$05\$$ARGV[1]"), "\n"' $REGISTRY_USER "$salt" \
    <"$1/password" >"$1/htpasswd"
  mkdir -p "$1/docker"
}

# How the nodes' containerds find it: they read this folder anew for each pull.
trust_registry() {
  mkdir -p "$CONF/registries/$REGISTRY"
  cat >"$CONF/registries/$REGISTRY/hosts.toml" <<TOML
server = "https://$REGISTRY"
[host."https://$REGISTRY"]
  capabilities = ["pull", "resolve"]
  ca = "$STATE/registry/ca.crt"
TOML
}

# crane ARGS...: on the laptop.
crane() { on_laptop "$STATE/registry/bin/crane" "$@"; }

# make_pull_secret NAMESPACE NAME
make_pull_secret() {
  admin_kubectl -n "$1" create secret generic "$2" --type=kubernetes.io/dockerconfigjson \
    --from-file=.dockerconfigjson="$STATE/registry/docker/config.json" >&2
}

# Pushed from the laptop, pulled by each node's kubelet with a secret, refused without.
shown_registry() {
  local image tar name
  image=$REGISTRY/shown/echo:$(openssl rand -hex 4)
  tar=$(ensure_image echo)
  make_shown_namespace
  if on_laptop env DOCKER_CONFIG=/nowhere SSL_CERT_FILE="$STATE/registry/ca.crt" "$(program_folder crane)/crane" \
    push "$tar" "$image" >/dev/null 2>&1; then die "the registry took an image without a password"; fi
  say "    a push without the password is refused"
  crane push "$tar" "$image" >>"$LOGS/registry.log" 2>&1 || die "could not push $tar to the registry"
  # An image of its own: what kubelet has pulled with a secret, it gives to nobody without, under whatever name.
  crane mutate "$image" --label "shown=$image" --tag "$image" >>"$LOGS/registry.log" 2>&1 || die "could not label $image"
  say "    pushed from the laptop: $image"
  for name in $(running_nodes); do
    shown_pod "stranger-$name" "$name" "$image" | admin_kubectl apply -f - >&2
    shown "pull on $name without a secret is refused" 60 pull_is_refused "stranger-$name"
  done
  make_pull_secret "$SHOWN_NAMESPACE" registry
  for name in $(running_nodes); do
    shown_pod "puller-$name" "$name" "$image" registry | admin_kubectl apply -f - >&2
    shown "pulled by kubelet on $name with a secret" 60 pod_is_ready "puller-$name"
  done
  drop_shown_namespace
  remove_images "$REGISTRY/shown/"
}

shown_pod() { # shown_pod NAME NODE IMAGE [SECRET]
  local secret=
  [ -z "${4:-}" ] || secret="{name: $4}"
  cat <<YAML
apiVersion: v1
kind: Pod
metadata: {name: $1, namespace: $SHOWN_NAMESPACE}
spec:
  nodeName: $2
  terminationGracePeriodSeconds: 1
  imagePullSecrets: [$secret]
  containers:
  - name: echo
    image: $3
    imagePullPolicy: Always
    command: [/echo]
    env: [{name: PORT, value: "8080"}]
YAML
}

pull_is_refused() {
  admin_kubectl -n "$SHOWN_NAMESPACE" get events --field-selector "involvedObject.name=$1,reason=Failed" -o yaml |
    grep -qiE 'unauthorized|authorization failed|no basic auth'
}

pod_is_ready() {
  [ "$(admin_kubectl -n "$SHOWN_NAMESPACE" get pod "$1" \
    -o jsonpath='{.status.conditions[?(@.type=="Ready")].status}')" = True ]
}

remove_registry() {
  drop_shown_namespace
  end_process registry
  remove_images "$REGISTRY/"
  rm -rf "${CONF:?}/registries/$REGISTRY" "$CONF/registry.yaml" "$STATE/registry" "$PKI"/registry.* "$LOGS/registry.log"
}
