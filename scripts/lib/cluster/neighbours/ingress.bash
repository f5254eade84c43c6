# Traefik as the way in: HTTP and HTTPS at every node's own address, which laptops reach from then on.

about_ingress() { echo "an ingress controller at ports 80 and 443 of every node"; }
programs_ingress() { echo traefik; }

refused_ingress() { ! is_floor || echo "Traefik wants EndpointSlices of version 1, which came with 1.21"; }

add_ingress() {
  import_images "$(ensure_image traefik)"
  apply_neighbour ingress
  wait_for_rollout ingress daemonset/traefik
  route_laptops add
}

rootfs_traefik() {
  cp "$(program_folder traefik)/traefik" "$1/"
  mkdir -m 1777 "$1/tmp"
}

# route_laptops add|delete: the way to the nodes' own addresses, and to nothing behind them.
route_laptops() {
  local node laptop router router6
  while read -r laptop router router6; do
    [ -e "/run/netns/$laptop" ] || continue
    for node in $(node_names); do (use_node "$node" && route_laptop "$1"); done
  done <<<"$NS_LAPTOP $CONTROL_IP $CONTROL_IP6
$NS_LAPTOP_2 $CONTROL_IP_2 $CONTROL_IP6_2"
}

route_laptop() {
  if [ "$1" = add ]; then
    ip -n "$laptop" route replace "$NODE_IP/32" via "$router"
    ip -n "$laptop" -6 route replace "$NODE_IP6/128" via "$router6"
  else
    ip -n "$laptop" route delete "$NODE_IP/32" 2>/dev/null || true
    ip -n "$laptop" -6 route delete "$NODE_IP6/128" 2>/dev/null || true
  fi
}

# By each node, by both families of addresses, in the clear and with TLS.
shown_ingress() {
  import_images "$(ensure_image echo)"
  make_shown_namespace
  make_certificate shop /CN=shop 3650 subjectAltName=DNS:safe.shop.example.test
  admin_kubectl -n "$SHOWN_NAMESPACE" create secret tls shop-tls --cert="$PKI/shop.crt" --key="$PKI/shop.key" >&2
  apply_manifest neighbours/ingress-shown
  wait_for_rollout "$SHOWN_NAMESPACE" deployment/shop
  local node
  for node in $(running_nodes); do
    use_node "$node"
    shown "from the laptop through $node: http://shop.example.test" 30 shop_answers http shop.example.test "$NODE_IP"
    shown "the same by IPv6" 30 shop_answers http shop.example.test "[$NODE_IP6]"
    shown "from the laptop through $node: https://safe.shop.example.test" 30 \
      shop_answers https safe.shop.example.test "$NODE_IP"
  done
  shown "another host is unknown" 30 stranger_is_unknown
  rm -f "$PKI"/shop.* "$CONF/neighbours/ingress-shown.yaml"
  drop_shown_namespace
}

shop_answers() { # shop_answers SCHEME HOST ADDRESS
  on_laptop curl --silent --fail --max-time 2 --cacert "$PKI/ca.crt" --resolve "$2:80:$3" --resolve "$2:443:$3" "$1://$2/" |
    grep -q shop-behind-the-ingress
}

stranger_is_unknown() {
  [ "$(on_laptop curl --silent --max-time 2 --output /dev/null --write-out '%{http_code}' \
    --header 'Host: nobody.example.test' "http://$NODE_IP/")" = 404 ]
}

remove_ingress() {
  drop_shown_namespace
  rm -f "$PKI"/shop.*
  route_laptops delete
  delete_neighbour ingress
  unload_image traefik
}
