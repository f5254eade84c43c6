package io.telepresence.manager.identity;

import io.telepresence.identity.Ticket;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Random numbers for tickets: each is one key's, good for a minute and for one use. Thread-safe. */
final class Nonces {
    static final Duration GOOD = Duration.ofMinutes(1);
    static final int MOST_OF_ONE = 2;
    static final int MOST = 1024;

    private final InstantSource time;
    private final SecureRandom random = new SecureRandom();
    /** By their common names, the oldest first. */
    private final Map<String, Given> given = new LinkedHashMap<>();

    private boolean abandoned;

    private record Given(String key, Instant until, boolean used) {}

    Nonces(InstantSource time) {
        this.time = time;
    }

    /** A fresh one; the oldest of that key, or of all, gives way to it. */
    synchronized byte[] give(String key) {
        forgetOld();
        List<String> ofOne = given.entrySet().stream()
                .filter(e -> e.getValue().key().equals(key))
                .map(Map.Entry::getKey)
                .toList();
        if (ofOne.size() >= MOST_OF_ONE) {
            displace(ofOne.getFirst());
        } else if (given.size() >= MOST) {
            displace(given.keySet().iterator().next());
        }
        byte[] nonce = new byte[Ticket.NONCE_BYTES];
        random.nextBytes(nonce);
        given.put(Ticket.commonName(nonce), new Given(key, time.instant().plus(GOOD), false));
        return nonce;
    }

    private void displace(String name) {
        abandoned |= !given.remove(name).used();
    }

    /** Whether it is that key's and unused; it is used now. */
    synchronized boolean use(String key, byte[] nonce) {
        forgetOld();
        String name = Ticket.commonName(nonce);
        Given found = given.get(name);
        if (found == null || found.used() || !found.key().equals(key)) {
            return false;
        }
        given.put(name, new Given(key, found.until(), true));
        return true;
    }

    /** Whether a ticket with that common name may be in use. */
    synchronized boolean living(String commonName) {
        forgetOld();
        return given.containsKey(commonName);
    }

    /** Whether one has grown old unused, or given way, since the last time: somebody may have made a ticket for it that nobody has read. */
    synchronized boolean abandoned() {
        forgetOld();
        boolean some = abandoned;
        abandoned = false;
        return some;
    }

    private void forgetOld() {
        Instant now = time.instant();
        given.values().removeIf(g -> {
            boolean over = !now.isBefore(g.until());
            abandoned |= over && !g.used();
            return over;
        });
    }
}
