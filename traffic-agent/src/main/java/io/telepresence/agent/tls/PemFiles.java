package io.telepresence.agent.tls;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Certificates and private keys in PEM files (RFC 7468), keys also in their older forms (RFC 8017 A.1.2, RFC 5915). */
final class PemFiles {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----");
    private static final byte[] VERSION_0 = {2, 1, 0};
    private static final byte[] RSA = {
        0x30, 0x0d, 6, 9, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 1, 1, 1, 5, 0
    };
    private static final byte[] EC = {6, 7, 0x2a, (byte) 0x86, 0x48, (byte) 0xce, 0x3d, 2, 1};
    private static final int SEQUENCE = 0x30;
    private static final int OCTETS = 4;
    private static final int CURVE = 0xa0;

    private PemFiles() {}

    /** All certificates of the file, at least one, in its order. */
    static List<X509Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Matcher found = CERTIFICATE.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        List<X509Certificate> certificates = new java.util.ArrayList<>();
        while (found.find()) {
            certificates.add(
                    (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(decode(found.group(1)))));
        }
        if (certificates.isEmpty()) {
            throw new GeneralSecurityException(file + " has no certificate");
        }
        return certificates;
    }

    /** The first private key of the file, which must not be encrypted. */
    static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        Matcher found = KEY.matcher(Files.readString(file, StandardCharsets.ISO_8859_1));
        if (!found.find()) {
            throw new GeneralSecurityException(file + " has no private key that is not encrypted");
        }
        byte[] der = decode(found.group(2));
        return switch (found.group(1)) {
            case "RSA PRIVATE KEY" -> rsa(der);
            case "EC PRIVATE KEY" -> ec(der);
            default -> pkcs8(der, file);
        };
    }

    private static byte[] decode(String base64) throws GeneralSecurityException {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("broken base64", e);
        }
    }

    private static PrivateKey pkcs8(byte[] der, Path file) throws GeneralSecurityException {
        for (String algorithm : List.of("RSA", "EC", "Ed25519", "Ed448", "RSASSA-PSS")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                // Another kind of key, then.
            }
        }
        throw new GeneralSecurityException(file + " has a private key of an unknown kind");
    }

    private static PrivateKey rsa(byte[] pkcs1) throws GeneralSecurityException {
        byte[] wrapped = element(SEQUENCE, VERSION_0, RSA, element(OCTETS, pkcs1));
        return KeyFactory.getInstance("RSA").generatePrivate(new PKCS8EncodedKeySpec(wrapped));
    }

    /** The curve stands within the key, under [0]; around it, it must stand beside the algorithm. */
    private static PrivateKey ec(byte[] sec1) throws GeneralSecurityException {
        byte[] algorithm = element(SEQUENCE, EC, curve(sec1));
        byte[] wrapped = element(SEQUENCE, VERSION_0, algorithm, element(OCTETS, sec1));
        return KeyFactory.getInstance("EC").generatePrivate(new PKCS8EncodedKeySpec(wrapped));
    }

    private static byte[] curve(byte[] sec1) throws GeneralSecurityException {
        try {
            int at = content(sec1, 0);
            while (at < sec1.length) {
                int begin = content(sec1, at);
                int end = begin + length(sec1, at);
                if ((sec1[at] & 0xff) == CURVE) {
                    return java.util.Arrays.copyOfRange(sec1, begin, end);
                }
                at = end;
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new GeneralSecurityException("broken private key", e);
        }
        throw new GeneralSecurityException("the private key does not name its curve");
    }

    private static int content(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        return at + 2 + (first < 0x80 ? 0 : first & 0x7f);
    }

    private static int length(byte[] der, int at) {
        int first = der[at + 1] & 0xff;
        if (first < 0x80) {
            return first;
        }
        int length = 0;
        for (int i = 0; i < (first & 0x7f); i++) {
            length = length << 8 | der[at + 2 + i] & 0xff;
        }
        return length;
    }

    private static byte[] element(int tag, byte[]... contents) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (byte[] content : contents) {
            all.writeBytes(content);
        }
        ByteArrayOutputStream element = new ByteArrayOutputStream();
        element.write(tag);
        if (all.size() < 0x80) {
            element.write(all.size());
        } else {
            element.write(0x82);
            element.write(all.size() >> 8);
            element.write(all.size());
        }
        element.writeBytes(all.toByteArray());
        return element.toByteArray();
    }
}
