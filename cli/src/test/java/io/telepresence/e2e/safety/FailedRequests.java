package io.telepresence.e2e.safety;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/**
 * Short requests that failed, as {@link io.telepresence.e2e.apps.DrainCaller} tells of them, ordered by their begin:
 * {@code NAME failed BEGIN KIND: opened OPENED until END: WHY} each.
 */
record FailedRequests(List<One> all) {
    private static final int MOST_LINES = 60;

    /**
     * @param kind of the connection: new, or kept
     * @param opened when the connection was asked for
     */
    record One(Instant begin, Instant end, String kind, Instant opened, String why) {
        static One of(String line) {
            String[] words = line.split(" ", 9);
            return new One(
                    Instant.parse(words[2]),
                    Instant.parse(words[7].replaceFirst(":$", "")),
                    words[3].replace(":", ""),
                    Instant.parse(words[5]),
                    words[8]);
        }

        Duration took() {
            return Duration.between(begin, end);
        }

        @Override
        public String toString() {
            return time(begin) + " to " + time(end) + " " + kind + " since " + time(opened) + ": " + why;
        }
    }

    static FailedRequests of(List<String> lines) {
        return new FailedRequests(lines.stream()
                .map(One::of)
                .sorted(Comparator.comparing(One::begin))
                .toList());
    }

    boolean isEmpty() {
        return all.isEmpty();
    }

    private static String time(Instant instant) {
        return instant.truncatedTo(ChronoUnit.MILLIS).toString().substring(11);
    }

    /** In a few hundred characters: how many, when, for how long, why. */
    String sum() {
        Map<String, Long> kinds = new TreeMap<>(all.stream()
                .collect(Collectors.groupingBy(one -> one.kind() + ": " + one.why(), Collectors.counting())));
        Instant firstEnd =
                all.stream().map(One::end).min(Comparator.naturalOrder()).orElseThrow();
        Instant lastEnd =
                all.stream().map(One::end).max(Comparator.naturalOrder()).orElseThrow();
        return "%d failed, begun %s to %s, ended %s to %s, after %d to %d ms: %s"
                .formatted(
                        all.size(),
                        time(all.getFirst().begin()),
                        time(all.getLast().begin()),
                        time(firstEnd),
                        time(lastEnd),
                        all.stream()
                                .mapToLong(one -> one.took().toMillis())
                                .min()
                                .orElseThrow(),
                        all.stream()
                                .mapToLong(one -> one.took().toMillis())
                                .max()
                                .orElseThrow(),
                        kinds.entrySet().stream()
                                .map(kind -> kind.getValue() + " " + kind.getKey())
                                .limit(4)
                                .collect(Collectors.joining(", ")));
    }

    /** A line each, the first ones. */
    List<String> lines() {
        return all.stream().limit(MOST_LINES).map(One::toString).toList();
    }
}
