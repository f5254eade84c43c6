# One table of versions: what the cluster is made of, at both ends. A newer Kubernetes is one changed line.

# The Kubernetes versions that --kubernetes takes, in full or as MAJOR.MINOR; the first is today's, the last the floor.
# From Go modules unless it says debian: then from the source package of Debian 12.
KUBERNETES_VERSIONS="
1.36.3  modules
1.20.2  debian
"

# Programs built from Go modules, each set once.
#   SET  MODULE@VERSION  TOOLCHAIN (- is the machine's Go, if it is new enough)  PACKAGES below the module, by commas
program_table() {
  cat <<TABLE
kubernetes     k8s.io/kubernetes@v$KUBERNETES                            -        cmd/kube-apiserver,cmd/kube-controller-manager,cmd/kube-scheduler,cmd/kubelet,cmd/kube-proxy,cmd/kubectl
etcd           go.etcd.io/etcd/server/v3@v3.6.16                         -        .
containerd     github.com/containerd/containerd/v2@v2.3.7                -        cmd/containerd,cmd/containerd-shim-runc-v2,cmd/ctr
runc           github.com/opencontainers/runc@v1.3.3                     -        .
coredns        github.com/coredns/coredns@$(coredns_version)                        -        main
registry       github.com/distribution/distribution/v3@v3.1.2            -        cmd/registry
crane          github.com/google/go-containerregistry@v0.22.1            -        cmd/crane
kube-router    github.com/cloudnativelabs/kube-router/v2@v2.1.0          -        cmd/kube-router
metrics-server sigs.k8s.io/metrics-server@v0.8.0                         -        cmd/metrics-server
argo-rollouts  github.com/argoproj/argo-rollouts@v1.10.2                 go1.27.3 cmd/rollouts-controller
traefik        github.com/traefik/traefik/v3@v3.6.12                     -        cmd/traefik
cert-manager   github.com/cert-manager/cert-manager@v1.21.2              -        main
TABLE
}

# The last CoreDNS that reads the floor's EndpointSlices is 1.10.1; Debian's Go builds it too.
coredns_version() { [ "$(kubernetes_source "$KUBERNETES")" = debian ] && echo v1.10.1 || echo v1.15.0; }

# The oldest Go whose toolchain mechanism can fetch the one that a module asks for.
# shellcheck disable=SC2034  # for programs
OLDEST_GO=1.21

known_versions() { awk 'NF { printf "%s%s", separator, $1; separator = ", " }' <<<"$KUBERNETES_VERSIONS"; }
todays_kubernetes() { awk 'NF { print $1; exit }' <<<"$KUBERNETES_VERSIONS"; }
floor_kubernetes() { awk 'NF { last = $1 } END { print last }' <<<"$KUBERNETES_VERSIONS"; }

# full_version TEXT: 1.36, v1.36.3 and 1.36.3 are the same; prints nothing for one that is not in the table.
full_version() {
  awk -v wanted="${1#v}" 'NF && ($1 == wanted || index($1, wanted ".") == 1) { print $1; exit }' \
    <<<"$KUBERNETES_VERSIONS"
}

kubernetes_source() { awk -v version="$1" '$1 == version { print $2 }' <<<"$KUBERNETES_VERSIONS"; }

# program_row SET: module@version, toolchain, packages.
program_row() { program_table | awk -v name="$1" '$1 == name { print $2, $3, $4 }'; }
