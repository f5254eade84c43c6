package io.telepresence.manager.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.fault.FaultException;
import io.telepresence.identity.ProofKey;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;

/** Identities with an API server and time that a test moves. */
abstract class IdentitiesBench {
    static final String NAME = "telepresence-x7k2p";

    final FakeTime time = new FakeTime();
    final FakeTickets api = new FakeTickets();
    final List<String> told = new ArrayList<>();
    final Set<String> inSessions = new HashSet<>();
    final Set<String> inConnections = new HashSet<>();
    final Identities identities =
            new Identities(new TicketReview("ambassador", api, time), time, new Identities.Consequences() {
                @Override
                public void proved(Caller caller) {
                    told.add(caller.person() + " proved");
                }

                @Override
                public void over(Caller caller, String why) {
                    told.add(caller.person() + " over");
                }

                @Override
                public Set<String> inSessions() {
                    return inSessions;
                }

                @Override
                public Set<String> inConnections() {
                    return inConnections;
                }
            });
    final ProofKey key = ProofKey.generate();
    final String ann = ConnectionKeys.fingerprint(key.publicKey());

    @BeforeEach
    final void connect() {
        inConnections.add(ann);
    }

    /** As the manager does it: a look each second. */
    final void pass(Duration span) {
        for (long second = 0; second < span.toSeconds(); second++) {
            time.advance(Duration.ofSeconds(1));
            identities.sweep();
        }
    }

    final boolean known() {
        return identities.caller(ann).person().known();
    }

    final Person prove(String user) throws FaultException {
        byte[] nonce = identities.challenge(ann);
        api.put(TestTickets.ticket(user, NAME, key, nonce));
        return identities.prove(ann, NAME, nonce);
    }

    /** For who makes another ticket of that name afterwards. */
    final void proveAndDelete(String user) throws Exception {
        prove(user);
        assertEquals(NAME, api.deleted());
    }
}
