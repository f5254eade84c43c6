package io.telepresence.agree;

/** Names that the injector writes into a pod and the agent reads there. The prefix is Telepresence's. */
public final class AgentNames {
    public static final String PREFIX = "telepresence.io/";

    /** Annotations with this prefix count like those with {@link #PREFIX}, if these are not there. */
    public static final String LEGACY_PREFIX = "telepresence.getambassador.io/";

    /** Pod template annotation {@code enabled} or {@code disabled}. */
    public static final String INJECT = PREFIX + "inject-traffic-agent";

    /** Pod template annotation: ports to offer where there is no service, comma list of name or number, /TCP or /UDP. */
    public static final String INJECT_CONTAINER_PORTS = PREFIX + "inject-container-ports";

    /** Pod template annotation: only this service counts. */
    public static final String INJECT_SERVICE_NAME = PREFIX + "inject-service-name";

    /** Pod template annotation: only these service ports count. */
    public static final String INJECT_SERVICE_PORTS = PREFIX + "inject-service-ports";

    /** Pod template annotation: JSON object, volume name or path prefix to Ignore, Local, Remote or RemoteReadOnly. */
    public static final String MOUNT_POLICIES = PREFIX + "mount-policies";

    /** Pod template annotation: comma list of volumes that the agent leaves alone. */
    public static final String IGNORE_VOLUME_MOUNTS = PREFIX + "inject-ignore-volume-mounts";

    /** Pod template annotations, followed by a name or number of a port: directory in the port's container. */
    public static final String DOWNSTREAM_TLS_PATH = PREFIX + "downstream-tls-path.";

    public static final String UPSTREAM_TLS_PATH = PREFIX + "upstream-tls-path.";

    /** Pod template annotations, followed by a name or number of a port: secret of the pod's namespace. */
    public static final String DOWNSTREAM_TLS_SECRET = PREFIX + "downstream-tls-secret.";

    public static final String UPSTREAM_TLS_SECRET = PREFIX + "upstream-tls-secret.";

    /** Pod template annotation, followed by a name or number of a port: {@code enabled} or {@code true}. */
    public static final String UPSTREAM_INSECURE = PREFIX + "upstream-insecure-skip-verify.";

    /** Pod annotation: the agent's configuration as JSON, written by the injector. */
    public static final String CONFIG = PREFIX + "agent-config";

    /** Pod annotation on a pod that waits for its replacement to become ready before it goes. */
    public static final String REPLACED = PREFIX + "replaced";

    /** Pod annotation: the agent in this pod is to go, and makes no manager want agents in the workload's later pods. */
    public static final String DISMISSED = PREFIX + "agent-dismissed";

    /**
     * Pod annotation: seconds of Unix time at which the traffic-manager began to take this pod away, and no later pod of its
     * workload may begin before it has ended.
     */
    public static final String ENDING = PREFIX + "ending";

    /**
     * Pod annotation: this pod waits for the end of one with {@link #ENDING}. Its value are the seconds of Unix time at which
     * a traffic-manager last said so.
     */
    public static final String WAITING = PREFIX + "waiting";

    /** Scheduling gate of a pod that waits, where the API server has gates. */
    public static final String GATE = PREFIX + "earlier-pod-ends";

    public static final String WORKLOAD_NAME_LABEL = PREFIX + "workloadName";
    public static final String WORKLOAD_KIND_LABEL = PREFIX + "workloadKind";
    public static final String WORKLOAD_ENABLED_LABEL = PREFIX + "workloadEnabled";

    public static final String CONTAINER = "traffic-agent";
    public static final String INIT_CONTAINER = "tel-agent-init";

    /** Init container of a pod that waits, where there are no scheduling gates. */
    public static final String WAIT_CONTAINER = "tel-agent-wait";

    /** It reads {@link #WAITING} in the downward API file {@code waiting} here. */
    public static final String WAIT_DIR = "/etc/traffic-agent-wait";

    /** Prefix of a container port name that the agent has taken over. */
    public static final String RENAMED_PORT = "tm-";

    /** Directory of the projected service account token with audience {@link #AUDIENCE}; the file is {@code token}. */
    public static final String TOKEN_DIR = "/var/run/secrets/telepresence.io/traffic-manager";

    public static final String AUDIENCE = "traffic-manager";

    /** The agent container reads its configuration from the downward API file {@code config} here. */
    public static final String CONFIG_DIR = "/etc/traffic-agent";

    /**
     * The agent container has the volumes of the application's containers here: {@code <container><mount path>} follows.
     */
    public static final String APP_MOUNTS = "/tel_app_mounts";

    /**
     * The agent container's environment has that of the application's containers under this prefix and one letter for
     * each container: {@code _TEL_APP_A_PATH}.
     */
    public static final String ENV_APP = "_TEL_APP_";

    /** Certificates by annotation: {@code <port>/downstream} and {@code <port>/upstream} follow, port as annotated. */
    public static final String TLS_DIR = "/var/run/secrets/telepresence.io/tls";

    /** A native sidecar's preStop hook makes this file when the pod begins to end. */
    public static final String ENDING_MARK = "/tmp/ending";

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
