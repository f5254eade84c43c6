package io.telepresence.userd.apiserver;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import io.telepresence.identity.Ticket;

/**
 * A pod of the traffic-manager as the API server describes it.
 *
 * @param alive it may come up, or is about to go; not one that has ended
 * @param ready running, ready and not about to go
 * @param state in words, when it is not ready
 * @param takesProof of connections
 */
record ManagerPod(
        String name, String namespace, String ip, boolean alive, boolean ready, String state, boolean takesProof) {

    String described() {
        return "the pod " + name + " is " + state;
    }

    static ManagerPod of(JsonObject pod) {
        JsonObject metadata = pod.getAsJsonObject("metadata");
        JsonObject status = pod.has("status") ? pod.getAsJsonObject("status") : new JsonObject();
        boolean going = metadata.has("deletionTimestamp");
        String phase = text(status, "phase");
        boolean ready = !going && phase.equals("Running") && condition(status);
        String state = going ? "terminating" : phase.equals("Running") ? "running, but not ready" : phase;
        String waiting = waiting(status);
        return new ManagerPod(
                text(metadata, "name"),
                text(metadata, "namespace"),
                text(status, "podIP"),
                !phase.equals("Failed") && !phase.equals("Succeeded"),
                ready,
                waiting.isEmpty() ? state : waiting,
                takesProof(metadata));
    }

    private static boolean takesProof(JsonObject metadata) {
        return metadata.get("annotations") instanceof JsonObject annotations
                && text(annotations, Ticket.POD_ANNOTATION).equals(Ticket.LEVEL);
    }

    private static boolean condition(JsonObject status) {
        if (!status.has("conditions")) {
            return false;
        }
        for (JsonElement each : status.getAsJsonArray("conditions")) {
            JsonObject condition = each.getAsJsonObject();
            if (text(condition, "type").equals("Ready")) {
                return text(condition, "status").equals("True");
            }
        }
        return false;
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
