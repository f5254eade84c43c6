package io.telepresence.manager.rights;

import io.telepresence.agree.AgentNames;
import java.util.List;

/** The rights that are asked for. Those of telepresence.io are virtual: nothing of that kind is ever stored. */
enum Right {
    CONNECT("create", Right.OURS, "connections", "", Place.MANAGER),
    ATTACH("create", Right.OURS, "attachments", "", Place.WORKLOAD),
    READ_ATTACHED("get", Right.OURS, "attachments", "", Place.WORKLOAD),
    LOGS("get", Right.OURS, "logs", "", Place.NAMESPACE),
    LOGS_YAML("get", Right.OURS, "logs", "yaml", Place.NAMESPACE),

    /** Of the manager's pod by its name, so that a role that is limited to it is enough. */
    FORWARD("create", "", "pods", "portforward", Place.MANAGER_POD),
    /** The same over a WebSocket, which is a GET: before Kubernetes 1.35 this right alone is enough for it. */
    FORWARD_BY_GET("get", "", "pods", "portforward", Place.MANAGER_POD),
    EXEC("create", "", "pods", "exec", Place.NAMESPACE),
    POD_LOGS("get", "", "pods", "log", Place.NAMESPACE),
    GET_PODS("get", "", "pods", "", Place.NAMESPACE),
    LIST_PODS("list", "", "pods", "", Place.NAMESPACE),
    CHANGE_MANAGER("update", "", "configmaps", "", Place.MANAGER_CONFIG);

    /** With either of them somebody may forward a port to the manager's pod. */
    static final List<Right> FORWARDING = List.of(FORWARD, FORWARD_BY_GET);

    private static final String OURS = "telepresence.io";

    private final String verb;
    private final String group;
    private final String resource;
    private final String subresource;
    private final Place place;

    /** Which objects are meant. */
    private enum Place {
        MANAGER,
        MANAGER_POD,
        MANAGER_CONFIG,
        NAMESPACE,
        WORKLOAD
    }

    Right(String verb, String group, String resource, String subresource, Place place) {
        this.verb = verb;
        this.group = group;
        this.resource = resource;
        this.subresource = subresource;
        this.place = place;
    }

    /** @param workload may be empty */
    Access in(String namespace, String workload, Rights.Home home) {
        return switch (place) {
            case MANAGER -> access(home.namespace(), "");
            case MANAGER_POD -> access(home.namespace(), home.pod());
            case MANAGER_CONFIG -> access(home.namespace(), AgentNames.MANAGER_APP);
            case NAMESPACE -> access(namespace, "");
            case WORKLOAD -> access(namespace, workload);
        };
    }

    private Access access(String namespace, String name) {
        return new Access(verb, group, resource, subresource, namespace, name);
    }
}
