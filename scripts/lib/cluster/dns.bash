# The cluster DNS and the "public" DNS of the laptop: one small Java program, compiled once.

# Made-up names of the outside world; all lead to the node, where a small web server answers. "4:"
# marks a name without an IPv6 address.
PUBLIC_NAMES="public.example.test 4:v4only.example.test www.example.com example.com 4:api.internal.example.test"

# Any Java from 17 on will do; the project's own JDK is usually there.
find_java_home() {
    local home
    for home in "${JAVA_HOME:-}" /usr/lib/jvm/*-25-* /usr/lib/jvm/*-2[1-9]-* /usr/lib/jvm/*-17-*; do
        if [ -x "$home/bin/javac" ] && [ -x "$home/bin/java" ]; then
            echo "$home"
            return
        fi
    done
    return 1
}

java_home() {
    if ! find_java_home; then
        install_named_package openjdk-17-jdk-headless
        find_java_home || die "no JDK found, nor could one be installed"
    fi
}

dns_classes() { echo "$CACHE/dns-$(cat "$LIB"/dns/*.java | sha256sum | cut -c1-12)"; }

ensure_dns_program() {
    local classes home work
    classes=$(dns_classes)
    [ ! -d "$classes" ] || return 0
    home=$(java_home)
    step "compiling the cluster DNS"
    mkdir -p "$CACHE"
    rm -rf "$CACHE"/dns-*
    work=$(mktemp -d "$CACHE/dns-work.XXXXXX")
    "$home/bin/javac" --release 17 -d "$work" "$LIB"/dns/*.java
    mv "$work" "$classes"
}

part_dns() {
    local home
    home=$(java_home)
    # shellcheck disable=SC2086  # a list of names
    start dns "$home/bin/java" -Xmx48m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 -cp "$(dns_classes)" Main \
        https://$NODE_IP:6443 "$PKI" $NODE_IP $NODE_IP6 $DNS_PORT $PUBLIC_NAMES
}

# The web server behind the public names, so that a test can tell the outside world from the cluster.
part_public-web() {
    start public-web env PORT=80 NAME=public-web GRACE_MS=0 "$STATE/bin/echo"
}

start_dns() {
    step "starting the DNS"
    apply_manifest dns
    part_dns
    part_public-web
}

wait_for_dns() {
    wait_for 30 "the cluster DNS answering" "$LOGS/dns.log" dns_answers || die "no cluster DNS"
}

# Asked by way of the Service address, so that kube-proxy's rules are seen to work as well.
dns_answers() {
    in_cluster dig +short +time=1 +tries=1 @"$DNS_SERVICE_IP" kubernetes.default.svc.cluster.local \
        | grep -qx "$API_SERVICE_IP"
}
