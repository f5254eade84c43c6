# The cluster's DNS is CoreDNS in a pod; the "public" DNS of the laptops is another CoreDNS, a process of the control plane.

# Made-up names of the outside world; all lead to the control plane, where a small web server answers, and a registry of
# images when one was added. "4:" marks a name without an IPv6 address.
PUBLIC_NAMES="public.example.test 4:v4only.example.test www.example.com example.com 4:api.internal.example.test
    registry.example.test"

# Of a top-level domain that a namespace may be called like, it is known that it has this name and no other.
PUBLIC_DEV=example.dev

# Nothing is asked of anybody else.
write_public_names() {
  local name
  echo ".:53 {"
  echo "    bind $CONTROL_IP $CONTROL_IP6"
  echo "    hosts {"
  for name in $PUBLIC_NAMES; do
    echo "        $CONTROL_IP ${name#4:}"
    [ "$name" != "${name#4:}" ] || echo "        $CONTROL_IP6 $name"
  done
  echo "        ttl 30"
  echo "    }"
  echo "}"
  echo "dev:53 {"
  echo "    bind $CONTROL_IP $CONTROL_IP6"
  public_dev A "$CONTROL_IP"
  public_dev AAAA "$CONTROL_IP6"
  echo "    template ANY ANY {"
  echo "        rcode NXDOMAIN"
  echo "    }"
  echo "}"
}

public_dev() { # public_dev TYPE ADDRESS
  echo "    template IN $1 {"
  echo "        match ^${PUBLIC_DEV//./[.]}[.]\$"
  echo "        answer \"{{ .Name }} 30 IN $1 $2\""
  echo "        fallthrough"
  echo "    }"
}

part_public-dns() { start public-dns "$(program_folder coredns)/coredns" -conf "$CONF/public.Corefile"; }

# The web server behind the public names, so that a test can tell the outside world from the cluster.
part_public-web() {
  start public-web env PORT=80 NAME=public-web GRACE_MS=0 "$STATE/bin/echo"
}

wait_for_dns() {
  wait_for 60 "the cluster DNS answering" "$LOGS/public-dns.log" dns_answers ||
    {
      admin_kubectl -n kube-system describe pods -l k8s-app=kube-dns >&2
      die "no cluster DNS"
    }
}

# Asked by way of the Service address, so that kube-proxy's rules are seen to work as well.
dns_answers() {
  in_cluster dig +short +time=1 +tries=1 @"$DNS_SERVICE_IP" kubernetes.default.svc.cluster.local |
    grep -qx "$API_SERVICE_IP"
}
