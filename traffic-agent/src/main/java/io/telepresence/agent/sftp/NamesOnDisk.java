package io.telepresence.agent.sftp;

import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Paths as text. */
final class NamesOnDisk {
    /** What the Java runtime encodes file names with; bytes of names then go through unchanged, if they can. */
    static final Charset CHARSET = charset();

    private static final int LONGEST = 4096;

    private NamesOnDisk() {}

    /** The names in a path; empty ones and {@code .} are left out, {@code ..} is not. */
    static List<String> split(String path) throws Refused {
        if (path.length() > LONGEST) {
            throw Refused.noSuchFile("the path is longer than " + LONGEST + " bytes");
        }
        if (path.indexOf('\0') >= 0) {
            throw Refused.noSuchFile("the path has a NUL in it");
        }
        List<String> names = new ArrayList<>();
        for (String name : path.split("/")) {
            if (!name.isEmpty() && !name.equals(".")) {
                names.add(name);
            }
        }
        return names;
    }

    /** The path as text, with {@code ..} taken away together with the name before it; empty for the root. */
    static String lexical(String path) throws Refused {
        List<String> names = new ArrayList<>();
        for (String name : split(path)) {
            if (!name.equals("..")) {
                names.add(name);
            } else if (!names.isEmpty()) {
                names.removeLast();
            }
        }
        return join(names);
    }

    /** Absolute, without a slash at the end; empty if the path is the root, not absolute, or has {@code ..} in it. */
    static String normal(String path) {
        try {
            List<String> names = split(path);
            return path.startsWith("/") && !names.contains("..") ? join(names) : "";
        } catch (Refused e) {
            return "";
        }
    }

    static String join(List<String> names) {
        return names.isEmpty() ? "" : "/" + String.join("/", names);
    }

    private static Charset charset() {
        try {
            return Charset.forName(System.getProperty("sun.jnu.encoding", "UTF-8"));
        } catch (IllegalArgumentException e) {
            return StandardCharsets.UTF_8;
        }
    }
}
