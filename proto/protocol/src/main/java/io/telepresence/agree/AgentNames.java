package io.telepresence.agree;

/** Names that the injector writes into a pod and the agent reads there. The prefix is Telepresence's. */
public final class AgentNames {
    public static final String PREFIX = "telepresence.io/";

    /** Pod template annotation {@code enabled} or {@code disabled}. */
    public static final String INJECT = PREFIX + "inject-traffic-agent";

    /** Pod template annotation: ports to offer where there is no service, comma list of name or number, /TCP or /UDP. */
    public static final String INJECT_CONTAINER_PORTS = PREFIX + "inject-container-ports";

    /** Pod template annotation: only this service counts. */
    public static final String INJECT_SERVICE_NAME = PREFIX + "inject-service-name";

    /** Pod template annotation: only these service ports count. */
    public static final String INJECT_SERVICE_PORTS = PREFIX + "inject-service-ports";

    /** Pod annotation: the agent's configuration as JSON, written by the injector. */
    public static final String CONFIG = PREFIX + "agent-config";

    /** Pod annotation on a pod that waits for its replacement to become ready before it goes. */
    public static final String REPLACED = PREFIX + "replaced";

    public static final String WORKLOAD_NAME_LABEL = PREFIX + "workloadName";
    public static final String WORKLOAD_KIND_LABEL = PREFIX + "workloadKind";
    public static final String WORKLOAD_ENABLED_LABEL = PREFIX + "workloadEnabled";

    public static final String CONTAINER = "traffic-agent";
    public static final String INIT_CONTAINER = "tel-agent-init";

    /** Prefix of a container port name that the agent has taken over. */
    public static final String RENAMED_PORT = "tm-";

    /** Directory of the projected service account token with audience {@link #AUDIENCE}; the file is {@code token}. */
    public static final String TOKEN_DIR = "/var/run/secrets/telepresence.io/traffic-manager";

    public static final String AUDIENCE = "traffic-manager";

    /** The agent container reads its configuration from the downward API file {@code config} here. */
    public static final String CONFIG_DIR = "/etc/traffic-agent";

    /** The agent answers HTTP GET {@link #READY_PATH} here: 200 once it listens on all its ports. */
    public static final int READY_PORT = 9899;

    public static final String READY_PATH = "/readyz";

    /** Environment of the agent and of its init container, from the downward API. */
    public static final String ENV_POD_IP = "_TEL_AGENT_POD_IP";

    public static final String ENV_POD_NAME = "_TEL_AGENT_NAME";
    public static final String ENV_POD_UID = "_TEL_AGENT_POD_UID";
    public static final String ENV_POD_NAMESPACE = "_TEL_AGENT_NAMESPACE";

    public static final String MANAGER_NAMESPACE = "ambassador";
    public static final String MANAGER_APP = "traffic-manager";

    private AgentNames() {}
}
