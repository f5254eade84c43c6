package io.telepresence.identity;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.spec.X509EncodedKeySpec;

/**
 * What is said on a connection before HTTP/2. The client begins with {@link #HELLO}, the length of its public key (two
 * bytes) and the key (X.509 SubjectPublicKeyInfo, ECDSA on P-256); the traffic-manager answers {@link #CHALLENGE} and {@value
 * #NONCE_BYTES} random bytes; the client sends its signature ({@value #SIGNATURE_BYTES} bytes, r and s) of {@link #signed}, and
 * goes on with HTTP/2 at once. A client that begins otherwise has no key. Numbers are big endian.
 */
public final class ConnectionProof {
    /** None of HTTP/2 or TLS begins so. */
    public static final String HELLO = "TPPROOF1";

    public static final String CHALLENGE = "TPNONCE1";
    public static final int NONCE_BYTES = 32;
    public static final int SIGNATURE_BYTES = 64;
    /** Of a public key. */
    public static final int MOST_KEY_BYTES = 256;

    static final String ALGORITHM = "SHA256withECDSAinP1363Format";
    private static final String PURPOSE = "telepresence connection 1";
    private static final int P256_BITS = 256;

    private ConnectionProof() {}

    /** The client's first bytes. */
    public static byte[] hello(byte[] publicKey) {
        byte[] word = HELLO.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(word.length + Short.BYTES + publicKey.length)
                .put(word)
                .putShort((short) publicKey.length)
                .put(publicKey)
                .array();
    }

    /** The traffic-manager's answer. */
    public static byte[] challenge(byte[] nonce) {
        byte[] word = CHALLENGE.getBytes(StandardCharsets.US_ASCII);
        return ByteBuffer.allocate(word.length + nonce.length)
                .put(word)
                .put(nonce)
                .array();
    }

    /**
     * What the client signs: it is good for this connection, for this purpose and for the manager of that namespace only.
     */
    static byte[] signed(String managerNamespace, byte[] nonce, byte[] publicKey) {
        byte[] words = (PURPOSE + "\n" + managerNamespace + "\n").getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(words.length + nonce.length + publicKey.length)
                .put(words)
                .put(nonce)
                .put(publicKey)
                .array();
    }

    /** Whether the signature is that key's, of a challenge of that manager. False also for what is no key of P-256. */
    public static boolean verify(String managerNamespace, byte[] nonce, byte[] publicKey, byte[] signature) {
        try {
            PublicKey key = KeyFactory.getInstance("EC").generatePublic(new X509EncodedKeySpec(publicKey));
            if (((ECPublicKey) key).getParams().getCurve().getField().getFieldSize() != P256_BITS) {
                return false;
            }
            Signature verifier = Signature.getInstance(ALGORITHM);
            verifier.initVerify(key);
            verifier.update(signed(managerNamespace, nonce, publicKey));
            return verifier.verify(signature);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
