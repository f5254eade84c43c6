package io.telepresence.manager.identity;

import java.time.Instant;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Predicate;
import java.util.stream.Stream;

/**
 * Whose each key is, of {@link #MOST} keys. When all are taken, who has most of them pays for one more: so no user, however many
 * keys he makes, keeps another one out. There is no limit for one user as long as there is room, as many clients may be one
 * service account's. Any thread.
 */
final class KnownKeys {
    static final int MOST = 4096;

    private final Map<String, Known> byKey = new ConcurrentHashMap<>();

    /** @param since it was proved last */
    record Known(String key, Person person, Instant since) {
        Caller caller() {
            return new Caller(key, person);
        }
    }

    Optional<Known> get(String key) {
        return Optional.ofNullable(byKey.get(key));
    }

    int size() {
        return byKey.size();
    }

    Stream<Known> all() {
        return byKey.values().stream();
    }

    /** False: it has changed meanwhile. */
    boolean remove(Known known) {
        return byKey.remove(known.key(), known);
    }

    /**
     * @param entered whether it is there now; else there is no room for one more of that user's
     * @param out gave way to it
     */
    record Entered(boolean entered, Optional<Known> out) {}

    /**
     * Enters it, or proves it again. If there is no room, the oldest one without a session gives way, of the user who has most;
     * of another user than the new one's also one with a session.
     *
     * @param inUse keys that have sessions
     */
    synchronized Entered put(Known known, Set<String> inUse) {
        if (byKey.containsKey(known.key()) || byKey.size() < MOST) {
            byKey.put(known.key(), known);
            return new Entered(true, Optional.empty());
        }
        Optional<Known> out = givesWay(known.person().user(), inUse);
        out.ifPresent(victim -> {
            byKey.remove(victim.key());
            byKey.put(known.key(), known);
        });
        return new Entered(out.isPresent(), out);
    }

    private Optional<Known> givesWay(String user, Set<String> inUse) {
        Map<String, Integer> counts = new HashMap<>();
        all().forEach(k -> counts.merge(k.person().user(), 1, Integer::sum));
        Map.Entry<String, Integer> most =
                counts.entrySet().stream().max(Map.Entry.comparingByValue()).orElseThrow();
        boolean others = most.getValue() > counts.getOrDefault(user, 0) + 1;
        String pays = others ? most.getKey() : user;
        return oldest(pays, k -> !inUse.contains(k.key()))
                .or(() -> others ? oldest(pays, _ -> true) : Optional.empty());
    }

    private Optional<Known> oldest(String user, Predicate<Known> which) {
        return all().filter(k -> k.person().user().equals(user)).filter(which).min(Comparator.comparing(Known::since));
    }
}
