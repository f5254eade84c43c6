package io.telepresence.manager.session;

import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.identity.Person;
import java.time.Instant;
import java.util.regex.Pattern;

/** A user daemon. */
public final class ClientSession extends PeerSession {
    private final Client client;

    private volatile Caller caller;
    private volatile Instant lastActive;

    ClientSession(String id, Client client, Caller caller, Instant now) {
        super(id, now);
        this.client = client;
        this.caller = caller;
    }

    /** Whether a call of that caller may name this session: its key is the one with which the session began. */
    public boolean belongsTo(Caller asking) {
        return caller.same(asking);
    }

    /** Who made it, as proved last. */
    Caller caller() {
        return caller;
    }

    /** Its user, as proved last. */
    public Person person() {
        return caller.person();
    }

    /** Whether its user is that one; of two whom nobody knows it is assumed. */
    boolean isOf(Person other) {
        return person().user().equals(other.user());
    }

    /** It has proved again who it is; of the same key. */
    void proved(Caller again) {
        caller = again;
    }

    public Client client() {
        return client;
    }

    /** When its user was last seen at work; null while none of its daemons has said so. */
    Instant lastActive() {
        return lastActive;
    }

    /** One of its daemons has seen the user at that time; the latest counts. */
    synchronized void activeAt(Instant time) {
        if (lastActive == null || time.isAfter(lastActive)) {
            lastActive = time;
        }
    }

    /** What others see of it: {@code USER (user@host)}, or {@code user@host} where its user is not known. */
    public String name() {
        Person person = person();
        return person.known() ? person + " (" + client.name() + ")" : client.name();
    }

    @Override
    public String toString() {
        return "client " + name();
    }

    /**
     * @param name user@host, as it says
     * @param installId tells installations with equal names apart
     * @param namespace the one it is connected to
     * @param seat a secret of this connection of this installation; what is no 256 bits in hex is none
     */
    public record Client(String name, String installId, String namespace, String seat) {
        private static final Pattern SEAT = Pattern.compile("[0-9a-f]{64}");

        boolean succeeds(Client other) {
            return SEAT.matcher(seat).matches() && seat.equals(other.seat);
        }

        @Override
        public String toString() {
            return name;
        }
    }
}
