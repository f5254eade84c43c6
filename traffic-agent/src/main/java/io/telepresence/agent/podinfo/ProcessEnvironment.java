package io.telepresence.agent.podinfo;

import com.google.protobuf.ByteString;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/**
 * The environment of a process as the kernel shows it: any names, and values byte for byte. The JDK's own view of it
 * decodes values by the locale, and what is no text in it is lost.
 */
public final class ProcessEnvironment {
    private ProcessEnvironment() {}

    /**
     * That of this process, as it was given to it.
     *
     * @throws FaultException it cannot be read
     */
    public static Map<String, ByteString> own() throws FaultException {
        Path file = Path.of("/proc/self/environ");
        try {
            return parse(Files.readAllBytes(file));
        } catch (IOException e) {
            throw Fault.config(file + " cannot be read: " + e.getMessage(), "").exception(e);
        }
    }

    /** From entries {@code NAME=VALUE}, each ended by a zero byte. The first of a name counts, as for programs in C. */
    static Map<String, ByteString> parse(byte[] entries) {
        Map<String, ByteString> variables = new HashMap<>();
        int from = 0;
        for (int at = 0; at < entries.length; at++) {
            if (entries[at] == 0) {
                put(variables, entries, from, at);
                from = at + 1;
            }
        }
        return variables;
    }

    private static void put(Map<String, ByteString> variables, byte[] entries, int from, int to) {
        int equals = from;
        while (equals < to && entries[equals] != '=') {
            equals++;
        }
        if (equals < to) {
            variables.putIfAbsent(
                    new String(entries, from, equals - from, StandardCharsets.UTF_8),
                    ByteString.copyFrom(entries, equals + 1, to - equals - 1));
        }
    }
}
