package io.telepresence.cli.env;

import java.io.ByteArrayOutputStream;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Variables of any name and any bytes as a few ordinary ones, which the programs of {@code scripts/lib/build/launcher}
 * unpack: {@code _TEL_ENVIRONMENT_0} and so on have pieces of base64. So they pass through what takes only text, or only
 * some names. Pure.
 */
public final class PackedEnvironment {
    /** Value of a variable that is to be replaced by the packed one; one without it stays as it is. */
    public static final String MARK = "(set by telepresence when the program starts)";

    private static final String NAME = "_TEL_ENVIRONMENT_";

    /** The kernel takes 128 KiB for a variable, docker 64 KiB for a line. */
    private static final int PIECE = 48 * 1024;

    private PackedEnvironment() {}

    public static Map<String, String> of(Map<String, String> environment) {
        ByteArrayOutputStream entries = new ByteArrayOutputStream();
        environment.forEach((name, value) -> {
            entries.writeBytes(EnvBytes.bytes(name + "="));
            entries.writeBytes(EnvBytes.bytes(value));
            entries.write(0);
        });
        String text = Base64.getEncoder().encodeToString(entries.toByteArray());
        Map<String, String> packed = new LinkedHashMap<>();
        for (int from = 0; from < text.length(); from += PIECE) {
            packed.put(NAME + packed.size(), text.substring(from, Math.min(text.length(), from + PIECE)));
        }
        return packed;
    }
}
