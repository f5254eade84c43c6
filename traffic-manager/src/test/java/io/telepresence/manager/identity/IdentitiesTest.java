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
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Whom a key is believed to be, for how long; and everything that is no ticket. */
@Timeout(60)
class IdentitiesTest extends IdentitiesBench {
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

    @Test
    void aNameThatIsTooLongOrActsIsShownWithoutHarm() {
        assertEquals("a\\nb", new Person("a\nb", "", List.of(), Map.of()).toString());
        assertEquals(
                121,
                new Person("é".repeat(500), "", List.of(), Map.of()).toString().length());
    }
}
