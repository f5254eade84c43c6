package io.telepresence.e2e.rights;

import java.time.Instant;

/**
 * Somebody has written or deleted a role or a binding.
 *
 * @param byHelm not by a person or a controller
 * @param name empty: all of that namespace
 */
record RightsChange(Instant at, boolean byHelm, boolean deleted, String kind, String namespace, String name) {
    String object() {
        return kind + " " + namespace + "/" + name;
    }
}
