package io.telepresence.base;

import java.io.ByteArrayInputStream;
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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Certificates and private keys as PEM texts (RFC 7468). Keys are PKCS#8 (RFC 5958), or RSA of PKCS#1 (RFC 8017 A.1.2), or EC
 * of SEC 1 (RFC 5915); not encrypted. What stands around the blocks is skipped.
 */
public final class Pem {
    private static final Pattern KEY =
            Pattern.compile("-----BEGIN ((?:RSA |EC )?PRIVATE KEY)-----([A-Za-z0-9+/=\\s]+)-----END \\1-----");
    private static final Pattern CERTIFICATE =
            Pattern.compile("-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\\s]+)-----END CERTIFICATE-----");
    private static final List<String> ALGORITHMS = List.of("RSA", "EC", "Ed25519", "Ed448", "RSASSA-PSS");
    /** The algorithm rsaEncryption with NULL parameters. */
    private static final byte[] RSA = HexFormat.of().parseHex("300d06092a864886f70d0101010500");
    /** The identifier of ecPublicKey; the curve follows. */
    private static final byte[] EC = HexFormat.of().parseHex("06072a8648ce3d0201");

    private Pem() {}

    /**
     * All certificates, at least one, in their order.
     *
     * @throws GeneralSecurityException there is none, or one is broken
     */
    public static List<X509Certificate> certificates(byte[] pem) throws GeneralSecurityException {
        CertificateFactory factory = CertificateFactory.getInstance("X.509");
        Matcher found = CERTIFICATE.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        List<X509Certificate> certificates = new ArrayList<>();
        while (found.find()) {
            certificates.add(
                    (X509Certificate) factory.generateCertificate(new ByteArrayInputStream(decode(found.group(1)))));
        }
        if (certificates.isEmpty()) {
            throw new GeneralSecurityException("there is no certificate");
        }
        return certificates;
    }

    /** As above; a fault names the file. */
    public static List<X509Certificate> certificates(Path file) throws IOException, GeneralSecurityException {
        return named(file, Pem::certificates);
    }

    /**
     * The first private key.
     *
     * @throws GeneralSecurityException there is none that is not encrypted, or it is broken or of an unknown kind
     */
    public static PrivateKey key(byte[] pem) throws GeneralSecurityException {
        Matcher found = KEY.matcher(new String(pem, StandardCharsets.ISO_8859_1));
        if (!found.find()) {
            throw new GeneralSecurityException("there is no private key that is not encrypted");
        }
        byte[] der = decode(found.group(2));
        return switch (found.group(1)) {
            case "RSA PRIVATE KEY" ->
                pkcs8(Der.element(Der.SEQUENCE, Der.ZERO, RSA, Der.element(Der.OCTETS, der)), List.of("RSA"));
            case "EC PRIVATE KEY" -> {
                // The curve stands within the key, under [0]; around it, it must stand beside the algorithm.
                byte[] algorithm = Der.element(Der.SEQUENCE, EC, curve(der));
                yield pkcs8(
                        Der.element(Der.SEQUENCE, Der.ZERO, algorithm, Der.element(Der.OCTETS, der)), List.of("EC"));
            }
            default -> pkcs8(der, ALGORITHMS);
        };
    }

    /** As above; a fault names the file. */
    public static PrivateKey key(Path file) throws IOException, GeneralSecurityException {
        return named(file, Pem::key);
    }

    private interface Reader<T> {
        T read(byte[] pem) throws GeneralSecurityException;
    }

    private static <T> T named(Path file, Reader<T> reader) throws IOException, GeneralSecurityException {
        byte[] pem = Files.readAllBytes(file);
        try {
            return reader.read(pem);
        } catch (GeneralSecurityException e) {
            throw new GeneralSecurityException(file + ": " + e.getMessage(), e);
        }
    }

    private static byte[] decode(String base64) throws GeneralSecurityException {
        try {
            return Base64.getMimeDecoder().decode(base64);
        } catch (IllegalArgumentException e) {
            throw new GeneralSecurityException("broken base64", e);
        }
    }

    private static PrivateKey pkcs8(byte[] der, List<String> algorithms) throws GeneralSecurityException {
        GeneralSecurityException last = null;
        for (String algorithm : algorithms) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (GeneralSecurityException e) {
                last = e; // another kind of key, then
            }
        }
        throw new GeneralSecurityException("the private key is broken or of an unknown kind", last);
    }

    private static byte[] curve(byte[] sec1) throws GeneralSecurityException {
        try {
            int at = Der.content(sec1, 0);
            while (at < sec1.length) {
                int begin = Der.content(sec1, at);
                int end = begin + Der.length(sec1, at);
                if (end < begin || end > sec1.length) {
                    break;
                }
                if ((sec1[at] & 0xff) == Der.CONTEXT_0) {
                    return Arrays.copyOfRange(sec1, begin, end);
                }
                at = end;
            }
        } catch (ArrayIndexOutOfBoundsException e) {
            throw new GeneralSecurityException("broken private key", e);
        }
        throw new GeneralSecurityException("the private key does not name its curve");
    }
}
