package io.telepresence.cli.grpc;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Map;

/** Reads how a call began and ended from its headers. */
final class Trailers {
    /** Binary trailer that carries the fault of a failed call. */
    private static final String DETAILS = "telepresence-fault-bin";

    private Trailers() {}

    static void checkStart(Map<String, String> headers) throws CallFailed {
        String status = headers.get(":status");
        if (status != null && !status.equals("200")) {
            throw new CallFailed(CallFailed.UNKNOWN, "the daemon answered with HTTP status " + status);
        }
    }

    /** Returns if the call ended well. */
    static void check(Map<String, String> trailers) throws CallFailed {
        checkStart(trailers);
        String status = trailers.get("grpc-status");
        if (status == null) {
            throw new CallFailed(CallFailed.UNKNOWN, "the daemon ended the call without a status");
        }
        if (!status.equals("0")) {
            throw new CallFailed(
                    code(status), percentDecoded(trailers.getOrDefault("grpc-message", "")), details(trailers));
        }
    }

    private static int code(String status) {
        try {
            return Integer.parseInt(status);
        } catch (NumberFormatException e) {
            return CallFailed.UNKNOWN;
        }
    }

    private static byte[] details(Map<String, String> trailers) {
        String text = trailers.getOrDefault(DETAILS, "");
        try {
            return Base64.getDecoder().decode(text);
        } catch (IllegalArgumentException e) {
            return new byte[0];
        }
    }

    /** grpc-message is UTF-8, percent-encoded. What is not valid stays as it is. */
    static String percentDecoded(String text) {
        if (text.indexOf('%') < 0) {
            return text;
        }
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (int i = 0; i < text.length(); i++) {
            int high = text.charAt(i) == '%' && i + 2 < text.length() ? Character.digit(text.charAt(i + 1), 16) : -1;
            int low = high < 0 ? -1 : Character.digit(text.charAt(i + 2), 16);
            if (low < 0) {
                out.write(text.charAt(i));
            } else {
                out.write(high << 4 | low);
                i += 2;
            }
        }
        return out.toString(StandardCharsets.UTF_8);
    }
}
