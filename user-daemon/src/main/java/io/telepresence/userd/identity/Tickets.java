package io.telepresence.userd.identity;

import io.telepresence.base.CertificateRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.identity.ProofKey;
import io.telepresence.identity.Ticket;
import io.telepresence.userd.apiserver.ClusterGateway;
import java.security.GeneralSecurityException;
import java.time.Duration;

/**
 * Makes tickets for the manager of one namespace, with the user's own credentials. Blocks, for a limited time; thread-safe.
 */
public final class Tickets {
    /** Of the certificate, if somebody signed it; the shortest there is. */
    private static final Duration VALIDITY = Duration.ofMinutes(10);

    private final ClusterGateway gateway;
    private final ProofKey key;
    private final String managerNamespace;

    public Tickets(ClusterGateway gateway, ProofKey key, String managerNamespace) {
        this.gateway = gateway;
        this.key = key;
        this.managerNamespace = managerNamespace;
    }

    ClusterGateway.Created create(byte[] nonce) throws FaultException {
        try {
            String request = CertificateRequest.pem(
                    Ticket.commonName(nonce), managerNamespace, key.publicKey(), key.privateKey());
            return gateway.create(
                    new ClusterGateway.SigningRequest(Ticket.NAME_PREFIX, Ticket.SIGNER, request, VALIDITY));
        } catch (GeneralSecurityException e) {
            throw Fault.internal("a ticket cannot be signed: " + e.getMessage()).exception(e);
        }
    }
}
