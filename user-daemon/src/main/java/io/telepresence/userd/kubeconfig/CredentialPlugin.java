package io.telepresence.userd.kubeconfig;

import io.telepresence.fault.FaultException;
import java.time.Instant;

/** Gives credentials of one kubeconfig user whenever the last ones are worn out. Blocks, for a bounded time. */
@FunctionalInterface
public interface CredentialPlugin {
    Answer run() throws FaultException;

    /**
     * Fresh credentials.
     *
     * @param token bearer token, or empty
     * @param certificate PEM, or empty; then key is PEM too
     * @param expires when to ask again; {@link Instant#MAX}: not before the API server refuses it
     */
    record Answer(String token, String certificate, String key, Instant expires) {}
}
