package io.telepresence.manager.identity;

/**
 * Who makes a call of the client port.
 *
 * @param key the fingerprint (SHA-256 in hex) of the key that the connection has proved; empty: it has proved none
 * @param person whose key it is; {@link Person#UNKNOWN}: nobody has said so yet, or not lately enough
 */
public record Caller(String key, Person person) {
    public static final Caller UNKNOWN = new Caller("", Person.UNKNOWN);

    /** Whether both hold the same key. */
    public boolean same(Caller other) {
        return key.equals(other.key);
    }
}
