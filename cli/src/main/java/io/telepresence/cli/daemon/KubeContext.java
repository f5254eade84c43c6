package io.telepresence.cli.daemon;

/** A context of the caller's kubeconfig. */
public record KubeContext(String name, String cluster, String user, String namespace, boolean current) {}
