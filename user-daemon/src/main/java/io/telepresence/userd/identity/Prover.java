package io.telepresence.userd.identity;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.apiserver.ClusterGateway;
import io.telepresence.userd.health.HealthWarning;
import io.telepresence.userd.health.HealthWarnings;
import io.telepresence.userd.manager.Proof;
import java.time.Duration;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells the manager who the user is, by a ticket that the API server has stamped; and status, whether that has worked. Blocks,
 * for a limited time; thread-safe, one proof at a time.
 */
public final class Prover implements Proof {
    private static final Logger LOG = LoggerFactory.getLogger(Prover.class);
    private static final Proved NOBODY = new Proved("", Duration.ZERO);
    private static final String OLD =
            "this traffic-manager does not ask who its users are. A newer one does: telepresence helm upgrade";

    private final Tickets tickets;
    private final BooleanSupplier asked;
    private final HealthWarnings health;
    private volatile Proved known = NOBODY;
    private volatile Optional<Fault> lack = Optional.empty();
    private volatile Way way = Way.OPEN;

    /** Whether a user whom the manager does not know can do something about it here. */
    public enum Way {
        /** He can; or it knows him. */
        OPEN,
        /** He has no right to, and is served all the same, or not at all. */
        NO_RIGHT,
        /** The manager asks nobody. */
        NOT_ASKED
    }

    /** @param asked whether the manager takes proofs */
    public Prover(Tickets tickets, BooleanSupplier asked, HealthWarnings health) {
        this.tickets = tickets;
        this.asked = asked;
        this.health = health;
    }

    /** The user as the manager knows it; empty: it does not. From outside: escape it before it is printed. */
    public String user() {
        return known.user();
    }

    /** How it stood when the last proof was over. */
    public Way way() {
        return way;
    }

    @Override
    public synchronized void prove(Manager manager) throws FaultException {
        known = NOBODY;
        tell(manager);
    }

    /**
     * The same while the manager still knows it.
     *
     * @return for how long it is good; zero: nobody has said so
     * @throws FaultException the manager will not know the user much longer; also where the right is gone with which he has proved
     *     it before
     */
    synchronized Duration renew(Manager manager) throws FaultException {
        try {
            tell(manager);
            if (lack.isPresent() && !known.user().isEmpty()) {
                throw lack.get().exception();
            }
            return known.validity();
        } catch (FaultException e) {
            health.raise(warning(), e.fault().toString());
            throw e;
        }
    }

    @Override
    public Fault unknown(Fault why) {
        Fault told = lack.orElse(why);
        health.clear(HealthWarning.IDENTITY);
        health.raise(HealthWarning.UNKNOWN_USER, told.toString());
        return told;
    }

    @Override
    public void resumed(Optional<Fault> refusal) {
        refusal.ifPresentOrElse(
                why -> health.raise(HealthWarning.SESSION, why.toString()), () -> health.clear(HealthWarning.SESSION));
    }

    private void tell(Manager manager) throws FaultException {
        Way found = Way.OPEN;
        try {
            found = tried(manager);
        } finally {
            way = found;
        }
    }

    private Way tried(Manager manager) throws FaultException {
        lack = Optional.empty();
        Optional<byte[]> nonce = asked.getAsBoolean() ? manager.begin() : Optional.empty();
        if (nonce.isEmpty()) {
            known = NOBODY;
            health.clear(HealthWarning.IDENTITY);
            health.raise(HealthWarning.UNKNOWN_USER, OLD);
            return Way.NOT_ASKED;
        }
        ClusterGateway.Created ticket = tickets.create(nonce.get());
        if (ticket.lack().isPresent()) {
            lack = ticket.lack();
            health.raise(warning(), ticket.lack().get().toString());
            return known.user().isEmpty() ? Way.NO_RIGHT : Way.OPEN;
        }
        known = manager.prove(ticket.name(), nonce.get());
        LOG.debug("the manager knows the user for {} s", known.validity().toSeconds());
        health.clear(HealthWarning.IDENTITY);
        health.clear(HealthWarning.UNKNOWN_USER);
        return Way.OPEN;
    }

    private HealthWarning warning() {
        return known.user().isEmpty() ? HealthWarning.UNKNOWN_USER : HealthWarning.IDENTITY;
    }
}
