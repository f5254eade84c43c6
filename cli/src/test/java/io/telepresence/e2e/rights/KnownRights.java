package io.telepresence.e2e.rights;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The file that says why no test uses some rights of the chart, and which calls are refused where all is well.
 *
 * @param unused with their reasons
 * @param refused by verb and resource, with their reasons
 */
record KnownRights(Map<Line, String> unused, Map<String, String> refused) {
    private static final String ALL = "*";

    /** Of rights; verb and resource may stand for all. */
    record Line(String role, String verb, String resource) {
        boolean covers(Grant grant) {
            return role.equals(grant.role())
                    && (verb.equals(ALL) || verb.equals(grant.verb()))
                    && (resource.equals(ALL) || resource.equals(grant.resource()));
        }

        @Override
        public String toString() {
            return role + " " + verb + " " + resource;
        }
    }

    static KnownRights read(Path file) throws IOException {
        return parse(Files.readAllLines(file));
    }

    static KnownRights parse(List<String> lines) {
        KnownRights known = new KnownRights(new LinkedHashMap<>(), new LinkedHashMap<>());
        for (String line : lines) {
            if (!line.isBlank() && !line.startsWith("#")) {
                known.add(line.strip().split("\\s+", 4), line);
            }
        }
        return known;
    }

    private void add(String[] words, String line) {
        if (words.length < 4) {
            throw new IllegalArgumentException("a line needs a role, a verb, a resource and a reason: " + line);
        }
        if (words[0].equals("refused")) {
            refused.put(words[1] + " " + words[2], words[3]);
        } else {
            unused.put(new Line(words[0], words[1], words[2]), words[3]);
        }
    }

    boolean unused(Grant grant) {
        return unused.keySet().stream().anyMatch(line -> line.covers(grant));
    }

    String reason(Grant grant) {
        return unused.entrySet().stream()
                .filter(e -> e.getKey().covers(grant))
                .map(e -> " (" + e.getValue() + ")")
                .findFirst()
                .orElse("");
    }

    boolean refused(Call call) {
        return refused.containsKey(call.verb() + " " + call.resource());
    }

    /** What is listed and is no right of the chart. */
    List<Line> strangers(Set<Grant> chart) {
        return unused.keySet().stream()
                .filter(line -> chart.stream().noneMatch(line::covers))
                .toList();
    }
}
