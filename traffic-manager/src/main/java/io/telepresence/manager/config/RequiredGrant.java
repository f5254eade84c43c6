package io.telepresence.manager.config;

/** What a user must be granted to connect, and to engage: the Helm value {@code security.authorization.requiredGrant}. */
public enum RequiredGrant {
    EXEC,
    TELEPRESENCE,
    ANY,
    /** Whoever reaches the port may do everything, known or not. */
    PORTFORWARD
}
