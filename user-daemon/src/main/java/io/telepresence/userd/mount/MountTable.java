package io.telepresence.userd.mount;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What is mounted where, as the kernel tells this process. Looks at no mounted file system, so it cannot hang. */
final class MountTable {
    static final String SSHFS = "fuse.sshfs";

    private static final Path TABLE = Path.of("/proc/self/mountinfo");
    private static final Pattern ESCAPE = Pattern.compile("\\\\([0-7]{3})");

    private MountTable() {}

    /** The type of the file system that is mounted exactly there; empty: none. */
    static Optional<String> type(Path at) {
        try {
            return Optional.ofNullable(parse(Files.readString(TABLE)).get(at.toString()));
        } catch (IOException e) {
            return Optional.empty();
        }
    }

    /** Mount point to type; of several mounts on one point the last, which is the visible one. */
    static Map<String, String> parse(String table) {
        Map<String, String> all = new LinkedHashMap<>();
        for (String line : table.lines().toList()) {
            String[] fields = line.split(" ");
            for (int i = 6; i < fields.length - 1; i++) {
                if (fields[i].equals("-")) {
                    all.put(unescape(fields[4]), fields[i + 1]);
                    break;
                }
            }
        }
        return all;
    }

    private static String unescape(String path) {
        return ESCAPE.matcher(path)
                .replaceAll(m -> java.util.regex.Matcher.quoteReplacement(
                        String.valueOf((char) Integer.parseInt(m.group(1), 8))));
    }
}
