package io.telepresence.userd.apiserver;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.telepresence.identity.Ticket;

/**
 * A pod of the traffic-manager as the API server describes it.
 *
 * @param node empty: none yet
 * @param state in words, when it is not ready
 * @param takesProof of connections
 * @param stateful of a StatefulSet, which replaces no pod that may still run somewhere; others do in a few minutes
 */
record ManagerPod(
        String name, String namespace, String node, Stage stage, String state, boolean takesProof, boolean stateful) {

    /** How far it is. */
    enum Stage {
        /** Running, ready and not about to go. */
        READY,
        /** It may come up, or is about to go. */
        BETWEEN,
        /** Its node is silent: the pod is not ready, though nobody says that of its containers. */
        SILENT,
        ENDED
    }

    boolean ready() {
        return stage == Stage.READY;
    }

    boolean alive() {
        return stage != Stage.ENDED;
    }

    String described() {
        return "the pod " + name + " is " + state;
    }

    static ManagerPod of(JsonObject pod) {
        JsonObject metadata = pod.getAsJsonObject("metadata");
        JsonObject spec = pod.has("spec") ? pod.getAsJsonObject("spec") : new JsonObject();
        JsonObject status = pod.has("status") ? pod.getAsJsonObject("status") : new JsonObject();
        boolean going = metadata.has("deletionTimestamp");
        String phase = text(status, "phase");
        String state = going ? "terminating" : phase.equals("Running") ? "running, but not ready" : phase;
        String waiting = waiting(status);
        return new ManagerPod(
                text(metadata, "name"),
                text(metadata, "namespace"),
                text(spec, "nodeName"),
                stage(phase, going, spec, status),
                waiting.isEmpty() ? state : waiting,
                takesProof(metadata),
                stateful(metadata));
    }

    /** The kubelet changes both conditions together; the control plane, which misses the kubelet, only the pod's. */
    private static Stage stage(String phase, boolean going, JsonObject spec, JsonObject status) {
        if (phase.equals("Failed") || phase.equals("Succeeded")) {
            return Stage.ENDED;
        }
        boolean ready = condition(status, "Ready").equals("True");
        if (phase.equals("Running") && ready && !going) {
            return Stage.READY;
        }
        boolean silent = condition(status, "Ready").equals("False")
                && condition(status, "ContainersReady").equals("True")
                && !spec.has("readinessGates");
        return silent && spec.has("nodeName") ? Stage.SILENT : Stage.BETWEEN;
    }

    private static boolean takesProof(JsonObject metadata) {
        return metadata.get("annotations") instanceof JsonObject annotations
                && text(annotations, Ticket.POD_ANNOTATION).equals(Ticket.LEVEL);
    }

    private static boolean stateful(JsonObject metadata) {
        if (metadata.get("ownerReferences") instanceof JsonArray owners) {
            for (JsonElement each : owners) {
                if (text(each.getAsJsonObject(), "kind").equals("StatefulSet")) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Empty: it is not there. */
    static String condition(JsonObject status, String type) {
        if (!status.has("conditions")) {
            return "";
        }
        for (JsonElement each : status.getAsJsonArray("conditions")) {
            JsonObject condition = each.getAsJsonObject();
            if (text(condition, "type").equals(type)) {
                return text(condition, "status");
            }
        }
        return "";
    }

    private static String waiting(JsonObject status) {
        if (!status.has("containerStatuses")) {
            return "";
        }
        for (JsonElement each : status.getAsJsonArray("containerStatuses")) {
            JsonObject state = each.getAsJsonObject().getAsJsonObject("state");
            if (state != null && state.has("waiting")) {
                return "waiting (" + text(state.getAsJsonObject("waiting"), "reason") + ")";
            }
        }
        return "";
    }

    private static String text(JsonObject object, String name) {
        return object.has(name) ? object.get(name).getAsString() : "";
    }
}
