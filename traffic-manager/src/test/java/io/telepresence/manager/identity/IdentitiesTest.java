package io.telepresence.manager.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.identity.ProofKey;
import io.telepresence.identity.Ticket;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom a key is believed to be, for how long; and everything that is no ticket. */
@Timeout(60)
class IdentitiesTest {
    private static final String NAME = "telepresence-x7k2p";

    private final FakeTime time = new FakeTime();
    private final FakeTickets api = new FakeTickets();
    private final List<String> told = new ArrayList<>();
    private final Identities identities =
            new Identities(new TicketReview("ambassador", api, time), time, new Identities.Consequences() {
                @Override
                public void proved(Caller caller) {
                    told.add(caller.person() + " proved");
                }

                @Override
                public void over(Caller caller) {
                    told.add(caller.person() + " over");
                }
            });
    private final ProofKey key = ProofKey.generate();
    private final String ann = ConnectionKeys.fingerprint(key.publicKey());

    private Person prove(String user) throws FaultException {
        byte[] nonce = identities.challenge(ann);
        api.put(TestTickets.ticket(user, NAME, key, nonce));
        return identities.prove(ann, NAME, nonce);
    }

    private void assertRefused(String name, byte[] nonce) {
        Fault fault = assertThrows(FaultException.class, () -> identities.prove(ann, name, nonce))
                .fault();
        assertEquals(Fault.denied("the ticket is not valid", ""), fault);
        assertFalse(identities.caller(ann).person().known());
    }

    private void assertRefused(CertificateSigningRequest ticket, byte[] nonce) {
        api.put(ticket);
        assertRefused(ticket.getMetadata().getName(), nonce);
        assertEquals(null, api.deletions.peek(), "it may be somebody else's");
    }

    @Test
    void aTicketSaysWhoSomebodyIsAndIsDeleted() throws Exception {
        Person person = prove("alice");
        assertEquals(
                new Person(
                        "alice",
                        "uid of alice",
                        List.of("dev", "system:authenticated"),
                        Map.of("scope", List.of("all"))),
                person);
        assertEquals(new Caller(ann, person), identities.caller(ann));
        assertEquals(NAME, api.deleted());
        assertEquals(List.of("alice proved"), told);
    }

    @Test
    void aReplayedTicketIsWorthNothing() throws Exception {
        byte[] nonce = identities.challenge(ann);
        CertificateSigningRequest ticket = TestTickets.ticket("alice", NAME, key, nonce);
        api.put(ticket);
        identities.prove(ann, NAME, nonce);
        api.deleted();
        time.advance(Identities.VALID);
        identities.sweep();
        assertRefused(ticket, nonce);
        assertRefused(ticket, identities.challenge(ann));
        time.advance(Nonces.GOOD);
        assertRefused(ticket, nonce);
    }

    @Test
    void aTicketOfAnotherKeyIsWorthNothing() throws Exception {
        byte[] nonce = identities.challenge(ann);
        assertRefused(TestTickets.ticket("alice", NAME, ProofKey.generate(), nonce), nonce);
    }

    @Test
    void aTicketForAnotherManagerIsWorthNothing() throws Exception {
        byte[] nonce = identities.challenge(ann);
        assertRefused(TestTickets.ticket("alice", NAME, key.publicKey(), nonce, "elsewhere"), nonce);
    }

    @Test
    void aNonceOfAnotherKeyIsWorthNothing() throws Exception {
        byte[] others = identities.challenge("another");
        assertRefused(TestTickets.ticket("alice", NAME, key, others), others);
        byte[] madeUp = new byte[Ticket.NONCE_BYTES];
        assertRefused(TestTickets.ticket("alice", NAME, key, madeUp), madeUp);
        byte[] own = identities.challenge(ann);
        assertRefused(TestTickets.ticket("alice", NAME, key, madeUp), own);
    }

    @Test
    void anOldNonceIsWorthNothing() throws Exception {
        byte[] nonce = identities.challenge(ann);
        time.advance(Nonces.GOOD);
        assertRefused(TestTickets.ticket("alice", NAME, key, nonce), nonce);
    }

    @Test
    void ofOneKeyTwoNoncesLiveAtMost() throws Exception {
        byte[] first = identities.challenge(ann);
        byte[] second = identities.challenge(ann);
        identities.challenge(ann);
        assertRefused(TestTickets.ticket("alice", NAME, key, first), first);
        api.put(TestTickets.ticket("alice", NAME, key, second));
        assertEquals("alice", identities.prove(ann, NAME, second).user());
    }

    @Test
    void aForgedNameIsNotEvenAskedFor() throws Exception {
        for (String name : List.of(
                "",
                "x",
                "telepresence-",
                "telepresence-../pods",
                "telepresence-a/approval",
                "telepresence-a?x=y",
                "telepresence-A",
                "telepresence-a..b",
                "telepresence-a\n",
                "telepresence-a%2f",
                "telepresence-" + "a".repeat(254))) {
            assertRefused(name, identities.challenge(ann));
        }
        assertEquals(0, api.reads.get());
        assertRefused("telepresence-missing", identities.challenge(ann));
        assertRefused("telepresence-missing", new byte[3]);
    }

    @Test
    void whatAnotherSignerIsAskedForIsWorthNothing() throws Exception {
        byte[] nonce = identities.challenge(ann);
        String request = TestTickets.request(key.publicKey(), Ticket.commonName(nonce), "ambassador");
        assertRefused(TestTickets.stored("alice", NAME, "kubernetes.io/kube-apiserver-client", request), nonce);
    }

    @Test
    void aTicketThatGoesOrNamesNobodyIsWorthNothing() throws Exception {
        byte[] nonce = identities.challenge(ann);
        CertificateSigningRequest going = TestTickets.ticket("alice", NAME, key, nonce);
        going.getMetadata().setDeletionTimestamp("2026-01-01T00:00:00Z");
        assertRefused(going, nonce);
        byte[] next = identities.challenge(ann);
        assertRefused(TestTickets.ticket("", NAME, key, next), next);
        byte[] last = identities.challenge(ann);
        assertRefused(TestTickets.ticket(null, NAME, key, last), last);
    }

    @Test
    void anAbsentApiServerIsNoRefusal() throws Exception {
        byte[] nonce = identities.challenge(ann);
        api.away = true;
        Fault fault = assertThrows(FaultException.class, () -> identities.prove(ann, NAME, nonce))
                .fault();
        assertEquals(Fault.Kind.UNREACHABLE, fault.kind());
    }

    @Test
    void whoShowsNoKeyHearsSo() {
        assertThrows(FaultException.class, () -> identities.challenge(""));
        assertThrows(FaultException.class, () -> identities.prove("", NAME, new byte[16]));
        assertEquals(Caller.UNKNOWN, identities.caller(""));
    }

    @Test
    void aKeyStaysWithItsUser() throws Exception {
        prove("alice");
        assertThrows(FaultException.class, () -> prove("bob"));
        assertEquals("alice", identities.caller(ann).person().user());
        assertEquals(List.of("alice proved"), told);
    }

    @Test
    void aProofIsOverAfterTenMinutesUnlessRenewed() throws Exception {
        prove("alice");
        time.advance(Duration.ofMinutes(9));
        prove("alice");
        time.advance(Duration.ofMinutes(9));
        identities.sweep();
        assertTrue(identities.caller(ann).person().known());
        time.advance(Duration.ofMinutes(1));
        identities.sweep();
        assertFalse(identities.caller(ann).person().known());
        assertEquals(List.of("alice proved", "alice proved", "alice over"), told);
    }

    @Test
    void whileTheApiServerIsAwayAProofIsGoodForThirtyMinutes() throws Exception {
        prove("alice");
        api.away = true;
        for (int minute = 1; minute < 30; minute++) {
            time.advance(Duration.ofMinutes(1));
            identities.sweep();
            assertTrue(identities.caller(ann).person().known(), "after " + minute);
        }
        time.advance(Duration.ofMinutes(1));
        identities.sweep();
        assertFalse(identities.caller(ann).person().known());
    }

    @Test
    void whenTheApiServerIsBackThereIsTimeToProve() throws Exception {
        prove("alice");
        api.away = true;
        time.advance(Identities.VALID);
        identities.sweep();
        api.away = false;
        time.advance(Identities.AFTER_OUTAGE.minusSeconds(1));
        identities.sweep();
        assertTrue(identities.caller(ann).person().known());
        time.advance(Duration.ofSeconds(1));
        identities.sweep();
        assertFalse(identities.caller(ann).person().known());
    }

    @Test
    void ticketsThatNobodyCanUseAnyMoreAreDeleted() throws Exception {
        byte[] living = identities.challenge(ann);
        api.put(TestTickets.ticket("alice", "telepresence-living", key, living));
        api.put(TestTickets.ticket("alice", "telepresence-old", key, new byte[16]));
        api.put(TestTickets.ticket("alice", "telepresence-others", key.publicKey(), new byte[16], "elsewhere"));
        api.put(TestTickets.stored("alice", "telepresence-garbage", Ticket.SIGNER, "garbage"));
        identities.sweepTickets();
        assertEquals(List.of("telepresence-old"), List.copyOf(api.deletions));
        time.advance(Nonces.GOOD);
        identities.sweepTickets();
        assertEquals(List.of("telepresence-old", "telepresence-living"), List.copyOf(api.deletions));
    }

    /** Neither more nor fewer requests than one GET and one DELETE each. */
    @Test
    void aThousandKeysAreRenewed() throws Exception {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1000; i++) {
                String name = "telepresence-" + round + "-" + i;
                byte[] publicKey = TestTickets.element(0x30, new byte[] {(byte) (i >> 8), (byte) i});
                String fingerprint = ConnectionKeys.fingerprint(publicKey);
                byte[] nonce = identities.challenge(fingerprint);
                api.put(TestTickets.ticket("user-" + i, name, publicKey, nonce, "ambassador"));
                assertEquals(
                        "user-" + i, identities.prove(fingerprint, name, nonce).user());
            }
            time.advance(Duration.ofMinutes(4));
            identities.sweep();
        }
        assertEquals(1000, identities.known());
        assertEquals(3000, api.reads.get());
        for (int i = 0; i < 3000; i++) {
            assertTrue(api.deleted() != null, "each ticket is deleted");
        }
    }

    @Test
    void oneKeyTooManyIsRefusedUntilSomebodyHasLeft() throws Exception {
        for (int i = 0; i < Identities.MOST; i++) {
            byte[] publicKey = TestTickets.element(0x30, new byte[] {(byte) (i >> 8), (byte) i});
            proveAs(publicKey, "telepresence-" + i);
        }
        byte[] one = TestTickets.element(0x30, new byte[3]);
        Fault fault = assertThrows(FaultException.class, () -> proveAs(one, "telepresence-one"))
                .fault();
        assertEquals("the traffic-manager knows 4096 clients, and no more", fault.text());
        proveAs(TestTickets.element(0x30, new byte[2]), "telepresence-again");
        time.advance(Identities.VALID);
        identities.sweep();
        proveAs(one, "telepresence-two");
        assertEquals(1, identities.known());
    }

    private void proveAs(byte[] publicKey, String name) throws FaultException {
        String fingerprint = ConnectionKeys.fingerprint(publicKey);
        byte[] nonce = identities.challenge(fingerprint);
        api.put(TestTickets.ticket("carol", name, publicKey, nonce, "ambassador"));
        identities.prove(fingerprint, name, nonce);
    }

    @Test
    void aNameThatIsTooLongOrActsIsShownWithoutHarm() {
        assertEquals("a\\nb", new Person("a\nb", "", List.of(), Map.of()).toString());
        assertEquals(
                121,
                new Person("é".repeat(500), "", List.of(), Map.of()).toString().length());
    }
}
