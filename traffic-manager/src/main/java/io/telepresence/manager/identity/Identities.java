package io.telepresence.manager.identity;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Whose each key is. A proof is good for {@link #VALID}, by this process's own clock; while the API server does not answer,
 * it is good for longer, but never for more than {@link #LONGEST}. Any thread.
 */
public final class Identities {
    public static final Duration VALID = Duration.ofMinutes(10);
    public static final Duration LONGEST = Duration.ofMinutes(30);

    /** How long after the API server was away a client has to prove again who it is. */
    static final Duration AFTER_OUTAGE = Duration.ofMinutes(2);

    static final int MOST = 4096;

    private static final Logger LOG = LoggerFactory.getLogger(Identities.class);

    private final TicketReview tickets;
    private final InstantSource time;
    private final Consequences consequences;
    private final Map<String, Proved> byKey = new ConcurrentHashMap<>();
    private final Set<String> proving = ConcurrentHashMap.newKeySet();

    /** What follows from it; quick. */
    public interface Consequences {
        /** Its user is known, or known again. */
        void proved(Caller caller);

        /** Its user has not been heard of for too long. */
        void over(Caller caller);
    }

    private record Proved(Person person, Instant since, Instant until) {}

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
        Proved proved = byKey.get(key);
        return new Caller(key, proved == null ? Person.UNKNOWN : proved.person());
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
        Proved before = byKey.get(key);
        if (before == null && byKey.size() >= MOST) {
            throw Fault.unreachable(
                            "the traffic-manager knows " + MOST + " clients, and no more",
                            "Try again when somebody has left")
                    .exception();
        }
        if (before != null && !before.person().user().equals(person.user())) {
            LOG.warn("a key of {} is refused to {}", before.person(), person);
            // Who holds the key may know whose it was.
            throw Fault.denied(
                            "this connection is that of " + before.person() + ", and the credentials are those of "
                                    + person + " now",
                            "Run: telepresence quit, then connect again")
                    .exception();
        }
        Instant now = time.instant();
        byKey.put(key, new Proved(person, now, now.plus(VALID)));
        if (before == null) {
            LOG.info("{} has proved who it is", person);
        }
        consequences.proved(new Caller(key, person));
    }

    /** Ends what is over; called about every second. Blocks while the API server is asked whether it is there. */
    public void sweep() {
        Instant now = time.instant();
        List<Map.Entry<String, Proved>> due = byKey.entrySet().stream()
                .filter(e -> !now.isBefore(e.getValue().until()))
                .toList();
        if (due.isEmpty()) {
            return;
        }
        boolean answers = tickets.answers();
        for (Map.Entry<String, Proved> entry : due) {
            Proved proved = entry.getValue();
            Instant last = proved.since().plus(LONGEST);
            if (answers || !now.isBefore(last)) {
                end(entry.getKey(), proved);
            } else {
                Instant later = now.plus(AFTER_OUTAGE);
                Instant until = later.isBefore(last) ? later : last;
                byKey.replace(entry.getKey(), proved, new Proved(proved.person(), proved.since(), until));
            }
        }
    }

    private void end(String key, Proved proved) {
        if (byKey.remove(key, proved)) {
            long minutes = Duration.between(proved.since(), time.instant()).toMinutes();
            LOG.info("{} has not proved for {} minutes who it is: what it has ends", proved.person(), minutes);
            consequences.over(new Caller(key, proved.person()));
        }
    }

    /** Deletes tickets that nobody can use any more. Blocks. */
    public void sweepTickets() {
        tickets.sweep();
    }

    /** Keys whose users are known. */
    public int known() {
        return byKey.size();
    }

    private static FaultException noKey() {
        return Fault.denied("this connection has not shown a key", "Upgrade the client")
                .exception();
    }
}
