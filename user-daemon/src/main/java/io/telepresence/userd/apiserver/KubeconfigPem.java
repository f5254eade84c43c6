package io.telepresence.userd.apiserver;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Keys and certificates in PEM: PKCS#8 (RFC 5958), RSA of PKCS#1 (RFC 8017) and EC of SEC 1 (RFC 5915). */
final class KubeconfigPem {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END");
    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
    private static final byte[] EC_OID = HexFormat.of().parseHex("06072a8648ce3d0201");

    private KubeconfigPem() {}

    static X509Certificate[] certificates(byte[] pem) throws GeneralSecurityException {
        return CertificateFactory.getInstance("X.509").generateCertificates(new ByteArrayInputStream(pem)).stream()
                .map(X509Certificate.class::cast)
                .toArray(X509Certificate[]::new);
    }

    static PrivateKey key(byte[] pem) throws GeneralSecurityException {
        Matcher matcher = KEY.matcher(new String(pem, StandardCharsets.US_ASCII));
        while (matcher.find()) {
            byte[] der = Base64.getMimeDecoder().decode(matcher.group(2));
            switch (matcher.group(1)) {
                case "RSA PRIVATE KEY":
                    return read(sequence(VERSION_0, RSA, tagged(4, der)));
                case "EC PRIVATE KEY":
                    return read(sequence(VERSION_0, sequence(EC_OID, curve(der)), tagged(4, der)));
                default:
                    return read(der);
            }
        }
        throw new InvalidKeySpecException("no unencrypted private key found");
    }

    private static PrivateKey read(byte[] pkcs8) throws GeneralSecurityException {
        InvalidKeySpecException last = null;
        for (String algorithm : List.of("RSA", "EC", "EdDSA")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
            } catch (InvalidKeySpecException e) {
                last = e;
            }
        }
        throw last;
    }

    /** The object identifier inside the parameters [0] of an ECPrivateKey; SEC 1 keys of OpenSSL always have it. */
    private static byte[] curve(byte[] der) throws InvalidKeySpecException {
        for (int i = 0; i + 3 < der.length; i++) {
            int length = der[i + 1];
            if ((der[i] & 0xff) == 0xa0
                    && der[i + 2] == 6
                    && der[i + 3] == length - 2
                    && i + 2 + length <= der.length) {
                return java.util.Arrays.copyOfRange(der, i + 2, i + 2 + length);
            }
        }
        throw new InvalidKeySpecException("the EC key does not name its curve");
    }

    private static byte[] sequence(byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return tagged(0x30, all.toByteArray());
    }

    private static byte[] tagged(int tag, byte[] value) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        out.write(tag);
        if (value.length < 128) {
            out.write(value.length);
        } else {
            byte[] length = new java.math.BigInteger(
                            1,
                            new byte[] {(byte) (value.length >> 16), (byte) (value.length >> 8), (byte) value.length})
                    .toByteArray();
            int from = length[0] == 0 ? 1 : 0;
            out.write(0x80 | length.length - from);
            out.write(length, from, length.length - from);
        }
        out.writeBytes(value);
        return out.toByteArray();
    }
}
