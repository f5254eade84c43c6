package io.telepresence.base;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PrivateKey;
import java.security.Signature;
import java.util.Base64;
import java.util.HexFormat;

/** Requests of a certificate (PKCS#10, RFC 2986) as PEM texts; of keys of elliptic curves, without attributes. */
public final class CertificateRequest {
    private static final byte[] COMMON_NAME = HexFormat.of().parseHex("0603550403");
    private static final byte[] ORGANIZATIONAL_UNIT = HexFormat.of().parseHex("060355040b");
    /** The algorithm ecdsa-with-SHA256 (RFC 5758). */
    private static final byte[] ECDSA_SHA256 = HexFormat.of().parseHex("300a06082a8648ce3d040302");

    private static final byte[] NO_UNUSED_BITS = {0};
    private static final int LINE = 64;

    private CertificateRequest() {}

    /**
     * Asks for a certificate of that key, whose subject is these two names, in this order.
     *
     * @param publicKey X.509 SubjectPublicKeyInfo
     * @param privateKey its other half
     * @throws GeneralSecurityException it is no key of an elliptic curve
     */
    public static String pem(String commonName, String organizationalUnit, byte[] publicKey, PrivateKey privateKey)
            throws GeneralSecurityException {
        byte[] subject =
                Der.element(Der.SEQUENCE, name(COMMON_NAME, commonName), name(ORGANIZATIONAL_UNIT, organizationalUnit));
        byte[] information = Der.element(Der.SEQUENCE, Der.ZERO, subject, publicKey, Der.element(Der.CONTEXT_0));
        Signature signer = Signature.getInstance("SHA256withECDSA");
        signer.initSign(privateKey);
        signer.update(information);
        byte[] signature = Der.element(Der.BITS, NO_UNUSED_BITS, signer.sign());
        byte[] request = Der.element(Der.SEQUENCE, information, ECDSA_SHA256, signature);
        String base64 = Base64.getMimeEncoder(LINE, new byte[] {'\n'}).encodeToString(request);
        return "-----BEGIN CERTIFICATE REQUEST-----\n" + base64 + "\n-----END CERTIFICATE REQUEST-----\n";
    }

    private static byte[] name(byte[] type, String value) {
        byte[] text = Der.element(Der.UTF8, value.getBytes(StandardCharsets.UTF_8));
        return Der.element(Der.SET, Der.element(Der.SEQUENCE, type, text));
    }
}
