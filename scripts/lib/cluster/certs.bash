# Certificates and kubeconfigs. Elliptic keys: a fresh set takes well under a second.

make_certificates() {
  mkdir -p "$PKI"
  chmod 700 "$PKI"
  make_authority ca telepresence-test-cluster
  local dns=DNS:kubernetes,DNS:kubernetes.default,DNS:kubernetes.default.svc
  dns+=,DNS:kubernetes.default.svc.cluster.local,DNS:localhost
  make_certificate apiserver /CN=kube-apiserver 3650 \
    "subjectAltName=$dns,IP:$CONTROL_IP,IP:$CONTROL_IP6,IP:127.0.0.1,IP:$API_SERVICE_IP"
  make_certificate admin /O=system:masters/CN=admin
  make_certificate apiserver-kubelet /O=system:masters/CN=apiserver-kubelet
  make_certificate controller-manager /CN=system:kube-controller-manager
  make_certificate scheduler /CN=system:kube-scheduler
  make_certificate proxy /CN=system:kube-proxy
  make_certificate developer /O=developers/CN=developer
  make_certificate colleague /O=developers/CN=colleague
  make_certificate norights /CN=norights
  # Its end lies in the past: the same rights as the developer's, were it not for its age.
  make_certificate expired /O=developers/CN=developer -1
  make_authority front-ca telepresence-test-front-proxy
  make_certificate front-proxy /CN=front-proxy 3650 "" front-ca
  openssl genrsa -out "$PKI/sa.key" 2048 2>/dev/null
  openssl rsa -in "$PKI/sa.key" -pubout -out "$PKI/sa.pub" 2>/dev/null
}

make_authority() { # make_authority NAME COMMON-NAME
  openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$1.key"
  openssl req -x509 -new -key "$PKI/$1.key" -sha256 -days 3650 -subj "/CN=$2" \
    -addext basicConstraints=critical,CA:TRUE -addext keyUsage=critical,keyCertSign,cRLSign -out "$PKI/$1.crt"
}

# make_certificate NAME SUBJECT [DAYS [EXTENSION [AUTHORITY]]]
make_certificate() {
  local name=$1 subject=$2 days=${3:-3650} extension=${4:-} authority=${5:-ca}
  openssl ecparam -name prime256v1 -genkey -noout -out "$PKI/$name.key"
  openssl req -new -key "$PKI/$name.key" -subj "$subject" -out "$PKI/$name.csr"
  openssl x509 -req -in "$PKI/$name.csr" -CA "$PKI/$authority.crt" -CAkey "$PKI/$authority.key" -CAcreateserial -sha256 \
    -days "$days" -out "$PKI/$name.crt" -extfile <(
      echo "keyUsage=critical,digitalSignature"
      echo "extendedKeyUsage=serverAuth,clientAuth"
      [ -z "$extension" ] || echo "$extension"
    ) 2>/dev/null
}

make_kubeconfigs() {
  mkdir -p "$KUBECONFIGS"
  local name
  for name in admin controller-manager scheduler proxy developer colleague norights expired; do
    make_kubeconfig "$name" >"$KUBECONFIGS/$name"
  done
}

# The same server address everywhere: the one that the laptop sees. Keys are inside, so that the file
# can be copied; any unix account may read it, since the address exists in root's namespaces only.
make_kubeconfig() {
  local name=$1
  cat <<YAML
apiVersion: v1
kind: Config
clusters:
- name: test-cluster
  cluster:
    server: https://$CONTROL_IP:6443
    certificate-authority-data: $(base64 -w0 "$PKI/ca.crt")
users:
- name: $name
  user:
    client-certificate-data: $(base64 -w0 "$PKI/$name.crt")
    client-key-data: $(base64 -w0 "$PKI/$name.key")
contexts:
- name: test-cluster
  context: {cluster: test-cluster, user: $name, namespace: default}
current-context: test-cluster
YAML
}
