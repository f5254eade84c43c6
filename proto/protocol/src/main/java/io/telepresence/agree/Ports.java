package io.telepresence.agree;

/** Port numbers in the cluster. */
public final class Ports {
    /** Service port of the manager, where agents arrive ({@code apiPort} in the Helm values). */
    public static final int AGENT_API = 8081;

    /** Where the manager serves clients: on the pod's loopback only, reached through the API server's port-forward. */
    public static final int CLIENT_API = 8082;

    /** Plain HTTP {@code /healthz} and {@code /readyz} of the manager, for the kubelet. */
    public static final int HEALTH = 8083;

    /** The mutating webhook ({@code agentInjector.webhook.port}). */
    public static final int WEBHOOK = 8443;

    /** The agent listens here for the first container port it takes over, then 9901, 9902, … ({@code agent.port}). */
    public static final int FIRST_AGENT_PORT = 9900;

    private Ports() {}
}
