package io.telepresence.manager.rights;

import java.util.Locale;

/** Which rights of Kubernetes let a user do something: the Helm value {@code security.authorization.requiredGrant}. */
public enum RequiredGrant {
    /** The virtual rights of telepresence.io, or what gives the same without us; see {@link Deed}. */
    EXEC,
    /** The virtual rights of telepresence.io. */
    TELEPRESENCE,
    /** Either those or {@link #PORTFORWARD}. */
    ANY,
    /** Whoever may forward a port to the manager's pod. Somebody unknown has done so: he may, too. */
    PORTFORWARD;

    /** @throws IllegalArgumentException there is no such one; the text is safe to print */
    public static RequiredGrant of(String value) {
        for (RequiredGrant grant : values()) {
            if (grant.name().toLowerCase(Locale.ROOT).equals(value)) {
                return grant;
            }
        }
        throw new IllegalArgumentException("it is exec, telepresence, any or portforward");
    }
}
