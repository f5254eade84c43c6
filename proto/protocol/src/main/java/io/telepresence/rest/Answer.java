package io.telepresence.rest;

import java.util.Map;

/**
 * Whose a message is.
 *
 * @param intercepted true: it belongs to a laptop, false: to the pod
 * @param metadata what the user said of the engagement that it belongs to
 */
public record Answer(boolean intercepted, Map<String, String> metadata) {
    public static final Answer NOT = new Answer(false, Map.of());

    /** @param clientSide whether a laptop says so */
    String json(boolean clientSide) {
        StringBuilder json = new StringBuilder("{\"intercepted\":" + intercepted + ",\"clientSide\":" + clientSide);
        String separator = ",\"metadata\":{";
        for (Map.Entry<String, String> entry : metadata.entrySet()) {
            json.append(separator);
            text(json, entry.getKey());
            json.append(':');
            text(json, entry.getValue());
            separator = ",";
        }
        return json.append(metadata.isEmpty() ? "}" : "}}").toString();
    }

    private static void text(StringBuilder json, String text) {
        json.append('"');
        for (char c : text.toCharArray()) {
            if (c == '"' || c == '\\') {
                json.append('\\').append(c);
            } else if (c < ' ') {
                json.append(String.format("\\u%04x", (int) c));
            } else {
                json.append(c);
            }
        }
        json.append('"');
    }
}
