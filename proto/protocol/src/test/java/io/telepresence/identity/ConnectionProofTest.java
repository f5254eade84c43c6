package io.telepresence.identity;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An answer is good for one key, one challenge and one manager. */
class ConnectionProofTest {
    private final ProofKey key = ProofKey.generate();
    private final byte[] nonce = nonce(7);

    private static byte[] nonce(int seed) {
        byte[] nonce = new byte[ConnectionProof.NONCE_BYTES];
        Arrays.fill(nonce, (byte) seed);
        return nonce;
    }

    @Test
    void theFirstBytesAreTheWordTheLengthAndTheKey() {
        assertEquals(
                "545050524f4f463100030a0b0c", HexFormat.of().formatHex(ConnectionProof.hello(new byte[] {10, 11, 12})));
        assertEquals("54504e4f4e4345310102", HexFormat.of().formatHex(ConnectionProof.challenge(new byte[] {1, 2})));
        assertTrue(key.publicKey().length <= ConnectionProof.MOST_KEY_BYTES);
        assertNotEquals(
                HexFormat.of().formatHex(key.publicKey()),
                HexFormat.of().formatHex(ProofKey.generate().publicKey()));
    }

    @Test
    void theRightAnswerIsTakenEachTime() {
        for (int i = 0; i < 20; i++) {
            byte[] answer = key.answer("ambassador", nonce(i));
            assertEquals(ConnectionProof.SIGNATURE_BYTES, answer.length);
            assertTrue(ConnectionProof.verify("ambassador", nonce(i), key.publicKey(), answer));
        }
    }

    @Test
    void whatIsSignedIsTheseBytes() throws Exception {
        String words = HexFormat.of().formatHex("telepresence connection 1\nns\n".getBytes("US-ASCII"));
        assertEquals(
                words + HexFormat.of().formatHex(nonce) + "0102",
                HexFormat.of().formatHex(ConnectionProof.signed("ns", nonce, new byte[] {1, 2})));
    }

    @Test
    void anAnswerIsNoGoodElsewhere() {
        byte[] answer = key.answer("ambassador", nonce);
        assertFalse(ConnectionProof.verify("other", nonce, key.publicKey(), answer));
        assertFalse(ConnectionProof.verify("ambassador", nonce(8), key.publicKey(), answer));
        assertFalse(
                ConnectionProof.verify("ambassador", nonce, ProofKey.generate().publicKey(), answer));
        byte[] changed = answer.clone();
        changed[40] ^= 1;
        assertFalse(ConnectionProof.verify("ambassador", nonce, key.publicKey(), changed));
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 1, 63, 65, 200})
    void signaturesOfAnotherLengthAreNone(int length) {
        byte[] answer = Arrays.copyOf(key.answer("ambassador", nonce), length);
        assertFalse(ConnectionProof.verify("ambassador", nonce, key.publicKey(), answer));
    }

    @Test
    void whatIsNoKeyOfP256IsNone() throws Exception {
        byte[] answer = key.answer("ambassador", nonce);
        assertFalse(ConnectionProof.verify("ambassador", nonce, new byte[0], answer));
        assertFalse(ConnectionProof.verify("ambassador", nonce, new byte[] {1, 2, 3}, answer));
        assertFalse(ConnectionProof.verify(
                "ambassador",
                nonce,
                KeyPairGenerator.getInstance("RSA")
                        .generateKeyPair()
                        .getPublic()
                        .getEncoded(),
                answer));
        KeyPairGenerator larger = KeyPairGenerator.getInstance("EC");
        larger.initialize(new ECGenParameterSpec("secp384r1"));
        KeyPair pair = larger.generateKeyPair();
        Signature signer = Signature.getInstance(ConnectionProof.ALGORITHM);
        signer.initSign(pair.getPrivate());
        signer.update(
                ConnectionProof.signed("ambassador", nonce, pair.getPublic().getEncoded()));
        assertFalse(ConnectionProof.verify("ambassador", nonce, pair.getPublic().getEncoded(), signer.sign()));
    }

    @Test
    void ticketsAreNamedAfterTheirNonce() {
        byte[] ticket = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, (byte) 0xff};
        assertEquals(Ticket.NONCE_BYTES, ticket.length);
        assertEquals("telepresence-000102030405060708090a0b0c0d0eff", Ticket.commonName(ticket));
    }
}
