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
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom a key is believed to be, for how long; and everything that is no ticket. */
@Timeout(60)
class IdentitiesTest {
    private static final String NAME = "telepresence-x7k2p";

    private final FakeTime time = new FakeTime();
    private final FakeTickets api = new FakeTickets();
    private final List<String> told = new ArrayList<>();
    private final Set<String> inSessions = new HashSet<>();
    private final Set<String> inConnections = new HashSet<>();
    private final Identities identities =
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
    private final ProofKey key = ProofKey.generate();
    private final String ann = ConnectionKeys.fingerprint(key.publicKey());

    @BeforeEach
    void connect() {
        inConnections.add(ann);
    }

    /** As the manager does it: a look each second. */
    private void pass(Duration span) {
        for (long second = 0; second < span.toSeconds(); second++) {
            time.advance(Duration.ofSeconds(1));
            identities.sweep();
        }
    }

    private boolean known() {
        return identities.caller(ann).person().known();
    }

    private Person prove(String user) throws FaultException {
        byte[] nonce = identities.challenge(ann);
        api.put(TestTickets.ticket(user, NAME, key, nonce));
        return identities.prove(ann, NAME, nonce);
    }

    /** For who makes another ticket of that name afterwards. */
    private void proveAndDelete(String user) throws Exception {
        prove(user);
        assertEquals(NAME, api.deleted());
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
        pass(Identities.VALID);
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
        proveAndDelete("alice");
        pass(Duration.ofMinutes(9));
        proveAndDelete("alice");
        pass(Duration.ofMinutes(10).minusSeconds(1));
        assertTrue(known());
        pass(Duration.ofSeconds(1));
        assertFalse(known());
        assertEquals(List.of("alice proved", "alice proved", "alice over"), told);
    }

    @Test
    void nobodyAsksTheApiServerWhileNothingIsNearItsEnd() throws Exception {
        prove("alice");
        pass(Duration.ofMinutes(7));
        assertEquals(1, api.reads.get());
        pass(Duration.ofMinutes(3));
        assertTrue(api.reads.get() < 40, () -> api.reads.get() + " reads");
        int looked = api.reads.get();
        pass(Duration.ofMinutes(10));
        assertEquals(looked, api.reads.get());
    }

    @Test
    void whileTheApiServerIsAwayAProofIsGoodForThirtyMinutes() throws Exception {
        prove("alice");
        api.away = true;
        pass(Duration.ofMinutes(30).minusSeconds(1));
        assertTrue(known());
        pass(Duration.ofSeconds(1));
        assertFalse(known());
    }

    /** Whenever it goes, for however long: two minutes after it is back are a client's. */
    @Test
    void whenTheApiServerIsBackThereIsTimeToProve() throws Exception {
        for (int gone = 0; gone < 700; gone += 37) {
            for (int away : new int[] {20, 150, 450}) {
                Duration begun = time.now();
                proveAndDelete("alice");
                pass(Duration.ofSeconds(gone));
                boolean there = known();
                api.away = true;
                pass(Duration.ofSeconds(away));
                api.away = false;
                String when = "away after " + gone + " s for " + away + " s";
                assertEquals(there, known(), when);
                if (there) {
                    pass(Identities.AFTER_OUTAGE.minusSeconds(1));
                    assertTrue(known(), when);
                }
                Duration left = begun.plus(Identities.VALID.plusSeconds(1)).minus(time.now());
                pass(left.isNegative() ? Duration.ofSeconds(7) : left.plusSeconds(7));
                assertFalse(known(), when + ", and is over then");
            }
        }
    }

    @Test
    void aManagerThatStoodStillHasNotSeenWhetherAnybodyCouldProve() throws Exception {
        prove("alice");
        time.advance(Identities.VALID.plusMinutes(1));
        pass(Identities.AFTER_OUTAGE.minusSeconds(1));
        assertTrue(known());
        pass(Duration.ofSeconds(2));
        assertFalse(known());
    }

    @Test
    void aManagerThatMayReadNoTicketsCanProveNobodyAndEndsNobodyForAWhile() throws Exception {
        for (int code : new int[] {401, 403, 429, 500}) {
            api.refused = 0;
            proveAndDelete("alice");
            api.refused = code;
            pass(Duration.ofMinutes(29));
            assertTrue(known(), "" + code);
            pass(Duration.ofMinutes(1));
            assertFalse(known(), "" + code);
        }
        assertEquals(
                "the traffic-manager itself may not get certificatesigningrequests.certificates.k8s.io",
                refusedRead(403).text());
        assertTrue(refusedRead(401).remedy().contains("managerRbac.create=false"));
        assertEquals(
                "the traffic-manager cannot read the ticket at the API server",
                refusedRead(500).text());
    }

    private Fault refusedRead(int code) throws Exception {
        byte[] nonce = identities.challenge(ann);
        api.refused = code;
        Fault fault = assertThrows(FaultException.class, () -> identities.prove(ann, NAME, nonce))
                .fault();
        assertEquals(Fault.Kind.UNREACHABLE, fault.kind());
        return fault;
    }

    @Test
    void aKeyThatNobodyUsesIsForgotten() throws Exception {
        proveAndDelete("alice");
        inConnections.clear();
        inSessions.add(ann);
        pass(Duration.ofMinutes(2));
        assertTrue(known(), "it has a session");
        inSessions.clear();
        pass(Duration.ofSeconds(1));
        assertFalse(known());
        prove("alice");
        pass(Identities.UNUSED.minusSeconds(1));
        assertTrue(known(), "its client may be on its way");
        pass(Duration.ofSeconds(1));
        assertFalse(known());
        assertEquals(List.of("alice proved", "alice proved"), told, "nothing ends");
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

    @Test
    void aTicketThatWasBegunAndNotShownIsGoneAMinuteAfterItIsWorthNothing() throws Exception {
        api.put(TestTickets.ticket("alice", "telepresence-begun", key, identities.challenge(ann)));
        identities.sweepAbandonedTickets();
        assertEquals(List.of(), List.copyOf(api.deletions));
        time.advance(Nonces.GOOD);
        identities.sweepAbandonedTickets();
        assertEquals("telepresence-begun", api.deleted());
        prove("alice");
        assertEquals(NAME, api.deleted());
        api.put(TestTickets.ticket("alice", "telepresence-old", key, new byte[16]));
        time.advance(Nonces.GOOD);
        identities.sweepAbandonedTickets();
        assertEquals(List.of(), List.copyOf(api.deletions), "nobody looks where nothing was begun");
    }

    /** Neither more nor fewer requests than one GET and one DELETE each. */
    @Test
    void aThousandKeysAreRenewed() throws Exception {
        for (int round = 0; round < 3; round++) {
            for (int i = 0; i < 1000; i++) {
                String name = "telepresence-" + round + "-" + i;
                byte[] publicKey = TestTickets.element(0x30, new byte[] {(byte) (i >> 8), (byte) i});
                String fingerprint = ConnectionKeys.fingerprint(publicKey);
                inConnections.add(fingerprint);
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

    /** By a user who has made as many as there are; each has a connection. */
    private void fill(String user) throws FaultException {
        for (int i = 0; i < KnownKeys.MOST; i++) {
            byte[] publicKey = TestTickets.element(0x30, new byte[] {(byte) (i >> 8), (byte) i});
            time.advance(Duration.ofMillis(1));
            proveAs(user, publicKey, "telepresence-" + i);
        }
        assertEquals(KnownKeys.MOST, identities.known());
    }

    @Test
    void whoHasMostKeysPaysForOneMore() throws Exception {
        fill("carol");
        inSessions.add(ConnectionKeys.fingerprint(TestTickets.element(0x30, new byte[2])));
        told.clear();
        proveAs("dave", TestTickets.element(0x30, new byte[3]), "telepresence-dave");
        assertEquals(List.of("carol over", "dave proved"), told);
        assertTrue(
                identities
                        .caller(ConnectionKeys.fingerprint(TestTickets.element(0x30, new byte[2])))
                        .person()
                        .known(),
                "the oldest has a session");
        byte[] gone = TestTickets.element(0x30, new byte[] {0, 1});
        assertFalse(identities.caller(ConnectionKeys.fingerprint(gone)).person().known());
        told.clear();
        proveAs("carol", gone, "telepresence-again");
        assertEquals(List.of("carol over", "carol proved"), told, "one more of his own costs him another");
        assertEquals(KnownKeys.MOST, identities.known());
    }

    @Test
    void whoHasMostKeysWithSessionsPaysToo() throws Exception {
        fill("carol");
        for (int i = 0; i < KnownKeys.MOST; i++) {
            byte[] publicKey = TestTickets.element(0x30, new byte[] {(byte) (i >> 8), (byte) i});
            inSessions.add(ConnectionKeys.fingerprint(publicKey));
        }
        byte[] one = TestTickets.element(0x30, new byte[3]);
        Fault fault = assertThrows(FaultException.class, () -> proveAs("carol", one, "telepresence-one"))
                .fault();
        assertEquals("the traffic-manager knows 4096 clients, and no more", fault.text());
        told.clear();
        proveAs("dave", one, "telepresence-one");
        assertEquals(List.of("carol over", "dave proved"), told);
    }

    private void proveAs(String user, byte[] publicKey, String name) throws FaultException {
        String fingerprint = ConnectionKeys.fingerprint(publicKey);
        byte[] nonce = identities.challenge(fingerprint);
        api.put(TestTickets.ticket(user, name, publicKey, nonce, "ambassador"));
        identities.prove(fingerprint, name, nonce);
        inConnections.add(fingerprint);
    }

    @Test
    void aNameThatIsTooLongOrActsIsShownWithoutHarm() {
        assertEquals("a\\nb", new Person("a\nb", "", List.of(), Map.of()).toString());
        assertEquals(
                121,
                new Person("é".repeat(500), "", List.of(), Map.of()).toString().length());
    }
}
