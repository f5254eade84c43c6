package io.telepresence.manager.identity;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestSpec;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.identity.Ticket;
import io.telepresence.manager.auth.ReviewLane;
import io.telepresence.run.Threads;
import io.telepresence.text.Printable;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Reads from a ticket who made it. What counts is what the API server has stored under its name: the user is what it wrote
 * itself, and the rest of the ticket says whose key that user has bound, for which manager, and by which nonce. Whoever is
 * refused hears one and the same sentence; the log has the reason. Blocks.
 */
final class TicketReview {
    private static final Logger LOG = LoggerFactory.getLogger(TicketReview.class);

    private static final String RESOURCE = "certificatesigningrequests.certificates.k8s.io";
    private static final int LONGEST_NAME = 253;
    private static final Pattern NAME = Pattern.compile(
            Pattern.quote(Ticket.NAME_PREFIX) + "[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*");

    private final String namespace;
    private final TicketApi api;
    private final Nonces nonces;
    private final Answering answering;
    private final ReviewLane reviews = new ReviewLane(8, 1024, Duration.ofSeconds(4));
    private final ReviewLane deletions = new ReviewLane(4, 1024, Duration.ofSeconds(30));

    /** @param namespace the manager's */
    TicketReview(String namespace, TicketApi api, InstantSource time) {
        this.namespace = namespace;
        this.api = api;
        this.nonces = new Nonces(time);
        this.answering = new Answering(time);
    }

    /** For the common name of a ticket of that key. */
    byte[] nonce(String key) {
        return nonces.give(key);
    }

    /**
     * Who made the ticket; it is deleted a little later.
     *
     * @param key fingerprint of the key that the asking connection has proved
     * @throws FaultException DENIED: the ticket is not valid; UNREACHABLE: nobody could look
     */
    Person person(String key, String name, byte[] nonce) throws FaultException {
        if (name.length() > LONGEST_NAME || !NAME.matcher(name).matches()) {
            throw invalid(name, "that is no name of a ticket");
        }
        if (nonce.length != Ticket.NONCE_BYTES || !nonces.use(key, nonce)) {
            throw invalid(name, "its nonce is not the key's, too old, or used");
        }
        CertificateSigningRequest ticket =
                reviews.run(() -> read(name)).orElseThrow(() -> invalid(name, "there is no such ticket"));
        String fault = fault(ticket, key, Ticket.commonName(nonce));
        if (!fault.isEmpty()) {
            throw invalid(name, fault);
        }
        String uid = ticket.getMetadata().getUid();
        Threads.virtual("delete-ticket", () -> delete(name, uid));
        return person(ticket.getSpec());
    }

    private Optional<CertificateSigningRequest> read(String name) throws FaultException {
        try {
            Optional<CertificateSigningRequest> found = api.read(name);
            answering.saw(true);
            return found;
        } catch (KubernetesClientException e) {
            notRead("read ticket " + name, "get", e);
            throw (MissingRight.isMissing(e)
                            ? Fault.unreachable(MissingRight.sentence("get", RESOURCE), MissingRight.REMEDY)
                            : Fault.unreachable("the traffic-manager cannot read the ticket at the API server", ""))
                    .exception(e);
        }
    }

    /** What is wrong with the ticket; empty: nothing. */
    private String fault(CertificateSigningRequest ticket, String key, String commonName) {
        CertificateSigningRequestSpec spec = ticket.getSpec();
        if (ticket.getMetadata().getDeletionTimestamp() != null) {
            return "it is being deleted";
        }
        if (spec == null || !Ticket.SIGNER.equals(spec.getSignerName())) {
            return "it is for another signer";
        }
        if (spec.getUsername() == null || spec.getUsername().isEmpty()) {
            return "it names no user";
        }
        TicketRequest request;
        try {
            request = TicketRequest.parse(spec.getRequest());
        } catch (IllegalArgumentException e) {
            return "its request cannot be read: " + e.getMessage();
        }
        if (!ConnectionKeys.fingerprint(request.publicKey()).equals(key)) {
            return "it is for another key";
        }
        if (!request.commonName().equals(commonName)) {
            return "it is for another nonce";
        }
        return request.unit().equals(namespace) ? "" : "it is for the traffic-manager of another namespace";
    }

    private static Person person(CertificateSigningRequestSpec spec) {
        return new Person(
                spec.getUsername(),
                spec.getUid() == null ? "" : spec.getUid(),
                spec.getGroups() == null ? List.of() : spec.getGroups(),
                spec.getExtra() == null ? Map.of() : spec.getExtra());
    }

    private static FaultException invalid(String name, String reason) {
        LOG.warn("ticket \"{}\" is refused: {}", shown(name), Printable.line(reason));
        return Fault.denied("the ticket is not valid", "").exception();
    }

    private static String shown(String name) {
        return Printable.line(name.length() > LONGEST_NAME ? name.substring(0, LONGEST_NAME) + "…" : name);
    }

    private void delete(String name, String uid) {
        try {
            deletions.run(() -> {
                api.delete(name, uid);
                return name;
            });
        } catch (FaultException | KubernetesClientException e) {
            LOG.warn("cannot delete ticket {}; it will be tried again later: {}", name, e.getMessage());
        }
    }

    /** Deletes tickets for this manager that nobody can use any more, for example those of clients that went away. */
    void sweep() {
        try {
            api.each(ticket -> {
                if (leftOver(ticket)) {
                    api.delete(
                            ticket.getMetadata().getName(), ticket.getMetadata().getUid());
                }
            });
        } catch (KubernetesClientException e) {
            notRead("look for tickets that are left over", "list", e);
        }
    }

    /** The same if some may be left over since the last time. */
    void sweepAbandoned() {
        if (nonces.abandoned()) {
            sweep();
        }
    }

    private boolean leftOver(CertificateSigningRequest ticket) {
        try {
            TicketRequest request = TicketRequest.parse(ticket.getSpec().getRequest());
            return request.unit().equals(namespace)
                    && request.commonName().startsWith(Ticket.NAME_PREFIX)
                    && !nonces.living(request.commonName());
        } catch (IllegalArgumentException e) {
            return false;
        }
    }

    /**
     * Whether the API server has been answering for so long. Who asks sees to it that somebody looks: call it about every second
     * meanwhile. A manager that may not read tickets can prove nobody: then it is away, too.
     */
    boolean answeredFor(Duration span) {
        if (answering.due()) {
            try {
                boolean there = api.read(Ticket.NAME_PREFIX + "none").isPresent();
                LOG.trace("the API server answers{}", there ? "" : ", there is no such ticket");
                answering.saw(true);
            } catch (KubernetesClientException e) {
                failed("look whether the API server answers", "get", e);
            }
        }
        return answering.lasted(span);
    }

    /** One call of many that failed says nothing of the API server, unless it says that the manager may not ask. */
    private void notRead(String what, String verb, KubernetesClientException why) {
        if (MissingRight.isMissing(why)) {
            failed(what, verb, why);
        } else {
            LOG.debug("cannot {}: {}", what, why.getMessage());
        }
    }

    private void failed(String what, String verb, KubernetesClientException why) {
        if (!answering.saw(false)) {
            LOG.debug("cannot {}: {}", what, why.getMessage());
        } else if (MissingRight.isMissing(why)) {
            LOG.warn("cannot {}: {}. {}", what, MissingRight.sentence(verb, RESOURCE), MissingRight.REMEDY);
        } else {
            LOG.warn("cannot {}: {}", what, why.getMessage());
        }
    }
}
