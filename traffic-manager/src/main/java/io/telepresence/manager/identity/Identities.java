package io.telepresence.manager.identity;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.time.Duration;
import java.time.InstantSource;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose each key is. A proof is good for {@link #VALID}, by this process's own clock; for longer while the API server does not
 * answer and {@link #AFTER_OUTAGE} after that, so that every client could prove again; but never for more than {@link #LONGEST}.
 * Keys that nobody uses any more are forgotten. Any thread.
 */
public final class Identities {
    public static final Duration VALID = Duration.ofMinutes(10);
    public static final Duration LONGEST = Duration.ofMinutes(30);

    /** How long after the API server was away a client has to prove again who it is. */
    static final Duration AFTER_OUTAGE = Duration.ofMinutes(2);

    /** So long after its proof a key without session and connection is kept. */
    static final Duration UNUSED = Duration.ofMinutes(1);

    /** So long before a proof is over it is looked at whether the API server answers. */
    private static final Duration NEAR = AFTER_OUTAGE.plus(Answering.APART.multipliedBy(3));

    private static final Logger LOG = LoggerFactory.getLogger(Identities.class);

    private final TicketReview tickets;
    private final InstantSource time;
    private final Consequences consequences;
    private final KnownKeys keys = new KnownKeys();
    private final Set<String> proving = ConcurrentHashMap.newKeySet();

    /** What follows from it, and who uses it; quick. */
    public interface Consequences {
        /** Its user is known, or known again. */
        void proved(Caller caller);

        /** Its user is not known any more. */
        void over(Caller caller, String why);

        /** Keys that have sessions. */
        Set<String> inSessions();

        /** Keys that have open connections. */
        Set<String> inConnections();
    }

    Identities(TicketReview tickets, InstantSource time, Consequences consequences) {
        this.tickets = tickets;
        this.time = time;
        this.consequences = consequences;
    }

    /** @param namespace the manager's */
    public static Identities of(
            KubernetesClient client, String namespace, InstantSource time, Consequences consequences) {
        return new Identities(new TicketReview(namespace, new ClusterTickets(client), time), time, consequences);
    }

    /** @param key fingerprint; empty: the connection has proved none */
    public Caller caller(String key) {
        if (key.isEmpty()) {
            return Caller.UNKNOWN;
        }
        return keys.get(key).map(KnownKeys.Known::caller).orElse(new Caller(key, Person.UNKNOWN));
    }

    /**
     * A nonce for the next ticket of that key.
     *
     * @throws FaultException DENIED: there is no key
     */
    public byte[] challenge(String key) throws FaultException {
        if (key.isEmpty()) {
            throw noKey();
        }
        return tickets.nonce(key);
    }

    /**
     * Learns from a ticket whose the key is, for {@link #VALID}. Blocks for some seconds at most.
     *
     * @throws FaultException DENIED: the ticket is not valid, or another user's than before; UNREACHABLE: it may be tried again
     */
    public Person prove(String key, String ticket, byte[] nonce) throws FaultException {
        if (key.isEmpty()) {
            throw noKey();
        }
        if (!proving.add(key)) {
            throw Fault.unreachable("this client's ticket is being looked at already", "Try again in a moment")
                    .exception();
        }
        try {
            Person person = tickets.person(key, ticket, nonce);
            bind(key, person);
            return person;
        } finally {
            proving.remove(key);
        }
    }

    private void bind(String key, Person person) throws FaultException {
        Optional<Person> before = keys.get(key).map(KnownKeys.Known::person);
        if (before.isPresent() && !before.get().user().equals(person.user())) {
            LOG.warn("a key of {} is refused to {}", before.get(), person);
            // Who holds the key may know whose it was.
            throw Fault.denied(
                            "this connection is that of " + before.get() + ", and the credentials are those of "
                                    + person + " now",
                            "Run: telepresence quit, then connect again")
                    .exception();
        }
        KnownKeys.Known known = new KnownKeys.Known(key, person, time.instant());
        KnownKeys.Entered entered = keys.put(known, consequences.inSessions());
        if (!entered.entered()) {
            throw Fault.unreachable(
                            "the traffic-manager knows " + KnownKeys.MOST + " clients, and no more",
                            "Try again when somebody has left")
                    .exception();
        }
        entered.out().ifPresent(out -> {
            LOG.warn("a client of {} gives way to one of {}: too many clients", out.person(), person);
            consequences.over(out.caller(), "there are too many clients, most of them of this user");
        });
        if (before.isEmpty()) {
            LOG.info("{} has proved who it is", person);
        }
        consequences.proved(known.caller());
    }

    /** Ends what is over; called about every second. Blocks while the API server is asked whether it is there. */
    public void sweep() {
        forgetUnused();
        List<KnownKeys.Known> near =
                keys.all().filter(k -> past(k, VALID.minus(NEAR))).toList();
        if (near.isEmpty()) {
            return;
        }
        boolean couldProve = tickets.answeredFor(AFTER_OUTAGE);
        for (KnownKeys.Known known : near) {
            if (past(known, LONGEST) || couldProve && past(known, VALID)) {
                end(known);
            }
        }
    }

    private boolean past(KnownKeys.Known known, Duration age) {
        return !time.instant().isBefore(known.since().plus(age));
    }

    private void forgetUnused() {
        Set<String> used = new HashSet<>(consequences.inConnections());
        used.addAll(consequences.inSessions());
        keys.all().filter(k -> past(k, UNUSED) && !used.contains(k.key())).forEach(unused -> {
            if (keys.remove(unused)) {
                LOG.debug("a client of {} has gone", unused.person());
            }
        });
    }

    private void end(KnownKeys.Known known) {
        if (keys.remove(known)) {
            long minutes = Duration.between(known.since(), time.instant()).toMinutes();
            LOG.info("{} has not proved for {} minutes who it is: what it has ends", known.person(), minutes);
            consequences.over(known.caller(), "it has not proved again who its user is");
        }
    }

    /** Deletes tickets of clients that have begun a proof and not ended it; called about every minute. Blocks. */
    public void sweepAbandonedTickets() {
        tickets.sweepAbandoned();
    }

    /** Deletes tickets that nobody can use any more. Blocks. */
    public void sweepTickets() {
        tickets.sweep();
    }

    /** Keys whose users are known. */
    public int known() {
        return keys.size();
    }

    private static FaultException noKey() {
        return Fault.denied("this connection has not shown a key", "Upgrade the client")
                .exception();
    }
}
