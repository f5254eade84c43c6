package io.telepresence.manager.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** For how long a key is known, and how many are. */
@Timeout(60)
class ProofLifeTest extends IdentitiesBench {
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

    /** Of a thousand clients' calls one fails now and then: that is no outage. */
    @Test
    void oneReadThatFailsKeepsNobodysProof() throws Exception {
        proveAndDelete("alice");
        pass(Identities.VALID.minusSeconds(30));
        for (int code : new int[] {429, 500}) {
            refusedRead(code);
            api.refused = 0;
        }
        pass(Duration.ofSeconds(30));
        assertFalse(known());
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
}
