package io.telepresence.userd.apiserver;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import com.google.gson.JsonPrimitive;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;

/** The few questions that a client asks the API server itself. Blocking, bounded, thread-safe; owns its event loop. */
public final class ClusterGateway implements AutoCloseable {
    private static final int CONFLICTS = 5;
    private static final String SIGNING_REQUESTS = "/apis/certificates.k8s.io/v1/certificatesigningrequests";

    private final ApiServer server;
    private final Duration limit;
    private final EventLoopGroup loops = Loops.create("kube-api", 1);

    /** @param limit of each call */
    public ClusterGateway(ApiServer server, Duration limit) {
        this.server = server;
        this.limit = limit;
    }

    public ApiServer server() {
        return server;
    }

    /** The API server's version, for example {@code v1.20.2}. */
    public String version() throws FaultException {
        JsonObject info = get("/version", "read the API server's version");
        return info.has("gitVersion") ? info.get("gitVersion").getAsString() : "";
    }

    /** All pods of the manager, in whatever state. */
    List<ManagerPod> managerPods(String namespace) throws FaultException {
        JsonObject list = get(
                "/api/v1/namespaces/" + namespace + "/pods?labelSelector=app%3D" + AgentNames.MANAGER_APP,
                "list pods in namespace \"" + namespace + "\"");
        List<ManagerPod> pods = new ArrayList<>();
        items(list).forEach(each -> pods.add(ManagerPod.of(each.getAsJsonObject())));
        return pods;
    }

    /**
     * Whether a manager is installed, though it may have no pod at this moment: the chart's Service is there. False also
     * where this user may not see it.
     */
    boolean managerInstalled(String namespace) throws FaultException {
        String path = "/api/v1/namespaces/" + namespace + "/services/" + AgentNames.MANAGER_APP;
        return ApiCall.get(server, loops, path, limit).status() == 200;
    }

    /** What there is to see of a node. */
    enum NodeSight {
        SILENT,
        /** This user may not look. */
        HIDDEN,
        /** It is ready, or has been deleted, or nobody can say now. */
        OTHER
    }

    NodeSight node(String name) throws FaultException {
        ApiCall.Reply reply = ApiCall.get(server, loops, "/api/v1/nodes/" + name, limit);
        return switch (reply.status()) {
            case 200 -> nodeIsReady(parse(reply)) ? NodeSight.OTHER : NodeSight.SILENT;
            case 403 -> NodeSight.HIDDEN;
            default -> NodeSight.OTHER;
        };
    }

    private static boolean nodeIsReady(JsonObject node) {
        return node.get("status") instanceof JsonObject status
                && ManagerPod.condition(status, "Ready").equals("True");
    }

    /** Names of all namespaces, sorted. */
    public List<String> namespaces() throws FaultException {
        List<String> names = new ArrayList<>();
        for (JsonElement each : items(get("/api/v1/namespaces", "list namespaces"))) {
            names.add(each.getAsJsonObject()
                    .getAsJsonObject("metadata")
                    .get("name")
                    .getAsString());
        }
        names.sort(null);
        return names;
    }

    /** Adds a line to one key of a ConfigMap that exists; keeps what others write there meanwhile. */
    public void appendLine(String namespace, String configMap, String key, String line) throws FaultException {
        String path = "/api/v1/namespaces/" + namespace + "/configmaps/" + configMap;
        String right = "the ConfigMap " + configMap + " in namespace \"" + namespace + "\"";
        for (int tries = 0; tries < CONFLICTS; tries++) {
            JsonObject found = found(path, right);
            JsonObject data = found.has("data") ? found.getAsJsonObject("data") : new JsonObject();
            String before = data.has(key) ? data.get(key).getAsString() : "";
            JsonObject patch = new JsonObject();
            JsonObject version = new JsonObject();
            version.add("resourceVersion", found.getAsJsonObject("metadata").get("resourceVersion"));
            patch.add("metadata", version);
            JsonObject value = new JsonObject();
            value.addProperty(key, before + (before.isEmpty() || before.endsWith("\n") ? "" : "\n") + line + "\n");
            patch.add("data", value);
            ApiCall.Reply reply = ApiCall.patch(server, loops, path, patch.toString(), limit);
            if (reply.status() == 200) {
                return;
            }
            if (reply.status() != 409) {
                throw ApiFaults.ofStatus(reply.status(), reply.body(), "change " + right, server.url())
                        .exception();
            }
        }
        throw Fault.unreachable(right + " keeps changing", "Try again").exception();
    }

    /**
     * A certificate that is asked for.
     *
     * @param namePrefix the API server adds a few characters
     * @param pem PKCS#10
     */
    public record SigningRequest(String namePrefix, String signer, String pem, Duration validity) {}

    /**
     * What has come of it.
     *
     * @param name of the object; empty: there is none
     * @param lack why the user cannot create one at all
     */
    public record Created(String name, Optional<Fault> lack) {}

    /** Creates a CertificateSigningRequest of a client's certificate. */
    public Created create(SigningRequest wanted) throws FaultException {
        JsonObject metadata = new JsonObject();
        metadata.addProperty("generateName", wanted.namePrefix());
        JsonArray usages = new JsonArray();
        usages.add("client auth");
        JsonObject spec = new JsonObject();
        spec.addProperty("signerName", wanted.signer());
        spec.addProperty(
                "request", Base64.getEncoder().encodeToString(wanted.pem().getBytes(StandardCharsets.US_ASCII)));
        spec.add("usages", usages);
        // Since Kubernetes 1.22; older ones leave it out.
        spec.addProperty("expirationSeconds", wanted.validity().toSeconds());
        JsonObject object = new JsonObject();
        object.addProperty("apiVersion", "certificates.k8s.io/v1");
        object.addProperty("kind", "CertificateSigningRequest");
        object.add("metadata", metadata);
        object.add("spec", spec);
        ApiCall.Reply reply = ApiCall.post(server, loops, SIGNING_REQUESTS, object.toString(), limit);
        if (reply.status() != 200 && reply.status() != 201) {
            Fault fault = ApiFaults.ofStatus(
                    reply.status(),
                    reply.body(),
                    "create certificatesigningrequests.certificates.k8s.io",
                    server.url());
            if (reply.status() == 403 || reply.status() == 404) {
                return new Created("", Optional.of(fault));
            }
            throw fault.exception();
        }
        return new Created(name(parse(reply)), Optional.empty());
    }

    private String name(JsonObject object) throws FaultException {
        if (object.get("metadata") instanceof JsonObject metadata
                && metadata.get("name") instanceof JsonPrimitive name) {
            return name.getAsString();
        }
        throw strange().exception();
    }

    private JsonObject found(String path, String right) throws FaultException {
        try {
            return get(path, "read " + right);
        } catch (FaultException e) {
            if (e.fault().kind() == Fault.Kind.USER) {
                throw Fault.user("there is no " + right.substring("the ".length()), "")
                        .exception(e);
            }
            throw e;
        }
    }

    @Override
    public void close() {
        Loops.shutdown(loops);
    }

    private JsonObject get(String path, String right) throws FaultException {
        ApiCall.Reply reply = ApiCall.get(server, loops, path, limit);
        if (reply.status() != 200) {
            throw ApiFaults.ofStatus(reply.status(), reply.body(), right, server.url())
                    .exception();
        }
        return parse(reply);
    }

    private JsonObject parse(ApiCall.Reply reply) throws FaultException {
        try {
            return JsonParser.parseString(reply.body()).getAsJsonObject();
        } catch (JsonParseException | IllegalStateException e) {
            throw strange().exception(e);
        }
    }

    private Fault strange() {
        return Fault.unreachable(server.url() + " does not answer like an API server", "");
    }

    private static JsonArray items(JsonObject list) {
        return list.has("items") && list.get("items").isJsonArray() ? list.getAsJsonArray("items") : new JsonArray();
    }
}
