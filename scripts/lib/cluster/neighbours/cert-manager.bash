# cert-manager, whose webhook sees its objects and whose injector writes into the configurations of others' webhooks.

about_cert-manager() { echo "certificates of issuers that are in the cluster"; }
programs_cert-manager() { echo cert-manager; }

add_cert-manager() {
  import_images "$(ensure_image cert-manager)"
  apply_crds cert-manager
  apply_neighbour cert-manager
  wait_for_rollout cert-manager deployment/cert-manager
}

rootfs_cert-manager() { cp "$(program_folder cert-manager)/cert-manager" "$1/"; }

shown_cert-manager() {
  make_shown_namespace
  # The webhook is asked from here on, with the authority that the injector has written into its configuration.
  apply_manifest neighbours/certificate-shown
  shown "a certificate of an issuer that signs itself has its secret" 60 secret_has_certificate authority
  shown "one of that authority's has its secret" 60 secret_has_certificate leaf
  shown "the authority has signed it" 10 leaf_is_signed
  shown "the webhook refuses a wrong one" 10 wrong_certificate_is_refused
  rm -f "$CONF/neighbours/certificate-shown.yaml"
  drop_shown_namespace
}

secret_has_certificate() { [ -n "$(shown_certificate "$1" tls.crt)" ]; }

shown_certificate() {
  admin_kubectl -n "$SHOWN_NAMESPACE" get secret "$1" -o "jsonpath={.data.${2/./\\.}}" | base64 -d
}

leaf_is_signed() { openssl verify -CAfile <(shown_certificate authority tls.crt) <(shown_certificate leaf tls.crt); }

wrong_certificate_is_refused() {
  local answer
  ! answer=$(admin_kubectl -n "$SHOWN_NAMESPACE" patch certificate leaf --type=merge -p '{"spec": {"duration": "1s"}}' 2>&1) &&
    [[ $answer == *"denied the request"* ]]
}

remove_cert-manager() {
  drop_shown_namespace
  delete_crds cert-manager
  delete_neighbour cert-manager
  unload_image cert-manager
}
