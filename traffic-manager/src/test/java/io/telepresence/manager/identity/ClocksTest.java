package io.telepresence.manager.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.telepresence.identity.ProofKey;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The API server writes its own time into a ticket, and its clock need not agree with the manager's. */
@Timeout(20)
class ClocksTest {
    private static final String NAME = "telepresence-x7k2p";

    private final FakeTime time = new FakeTime();
    private final FakeTickets api = new FakeTickets();
    private final Identities identities =
            new Identities(new TicketReview("ambassador", api, time), time, new Identities.Consequences() {
                @Override
                public void proved(Caller caller) {}

                @Override
                public void over(Caller caller, String why) {}

                @Override
                public Set<String> inSessions() {
                    return Set.of();
                }

                @Override
                public Set<String> inConnections() {
                    return Set.of(ann);
                }
            });
    private final ProofKey key = ProofKey.generate();
    private final String ann = TestTickets.fingerprint(key);

    private CertificateSigningRequest stamped(byte[] nonce, int minutes) {
        CertificateSigningRequest ticket = TestTickets.ticket("alice", NAME, key, nonce);
        ticket.getMetadata()
                .setCreationTimestamp(
                        time.instant().plus(Duration.ofMinutes(minutes)).toString());
        return ticket;
    }

    @ParameterizedTest
    @ValueSource(ints = {-10, 0, 10})
    void aTicketIsGoodWhateverTimeTheApiServerHasWrittenIntoIt(int minutes) throws Exception {
        byte[] nonce = identities.challenge(ann);
        api.put(stamped(nonce, minutes));
        identities.sweepTickets();
        assertEquals(List.of(), List.copyOf(api.deletions), "it may still be shown");
        assertEquals("alice", identities.prove(ann, NAME, nonce).user());
        time.advance(Identities.VALID.minusSeconds(1));
        identities.sweep();
        assertTrue(identities.caller(ann).person().known(), "until the manager's own ten minutes are over");
    }

    @Test
    void aTicketThatNobodyShowsGoesByTheManagersClock() throws Exception {
        api.put(stamped(identities.challenge(ann), 10));
        time.advance(Nonces.GOOD);
        identities.sweepTickets();
        assertEquals(List.of(NAME), List.copyOf(api.deletions));
    }
}
