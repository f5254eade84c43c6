package io.telepresence.manager.identity;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequestBuilder;
import io.telepresence.identity.ProofKey;
import io.telepresence.identity.Ticket;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;

/** Tickets as the API server stores them, good and bad. */
public final class TestTickets {
    private static final byte[] COMMON_NAME = {0x55, 0x04, 0x03};
    private static final byte[] UNIT = {0x55, 0x04, 0x0b};

    private TestTickets() {}

    /** What the API server has stored when that user asked for it. */
    public static CertificateSigningRequest ticket(
            String user, String name, byte[] publicKey, byte[] nonce, String ou) {
        return stored(user, name, Ticket.SIGNER, request(publicKey, Ticket.commonName(nonce), ou));
    }

    public static CertificateSigningRequest ticket(String user, String name, ProofKey key, byte[] nonce) {
        return ticket(user, name, key.publicKey(), nonce, "ambassador");
    }

    /** As the manager knows a key. */
    public static String fingerprint(ProofKey key) {
        return ConnectionKeys.fingerprint(key.publicKey());
    }

    static CertificateSigningRequest stored(String user, String name, String signer, String request) {
        return new CertificateSigningRequestBuilder()
                .withNewMetadata()
                .withName(name)
                .withUid("uid of " + name)
                .endMetadata()
                .withNewSpec()
                .withSignerName(signer)
                .withUsages("client auth")
                .withRequest(request)
                .withUsername(user)
                .withUid("uid of " + user)
                .withGroups("dev", "system:authenticated")
                .withExtra(Map.of("scope", List.of("all")))
                .endSpec()
                .build();
    }

    /** As in {@code spec.request}. */
    static String request(byte[] publicKey, String commonName, String ou) {
        return pem(der(publicKey, name(COMMON_NAME, 0x0c, commonName), name(UNIT, 0x0c, ou)));
    }

    static String pem(byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        String pem = "-----BEGIN CERTIFICATE REQUEST-----\n" + body + "\n-----END CERTIFICATE REQUEST-----\n";
        return Base64.getEncoder().encodeToString(pem.getBytes(StandardCharsets.US_ASCII));
    }

    static byte[] name(byte[] type, int kind, String text) {
        byte[] value = element(kind, text.getBytes(StandardCharsets.UTF_8));
        return element(0x31, element(0x30, element(0x06, type), value));
    }

    static byte[] commonName(String text) {
        return name(COMMON_NAME, 0x13, text);
    }

    static byte[] unit(String text) {
        return name(UNIT, 0x13, text);
    }

    static byte[] der(byte[] publicKey, byte[]... names) {
        byte[] info = element(0x30, element(0x02, new byte[1]), element(0x30, names), publicKey, element(0xa0));
        byte[] algorithm = element(0x30, element(0x06, new byte[] {0x2a, (byte) 0x86, 0x48}));
        return element(0x30, info, algorithm, element(0x03, new byte[65]));
    }

    static byte[] element(int kind, byte[]... parts) {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        int length = 0;
        for (byte[] part : parts) {
            length += part.length;
        }
        all.write(kind);
        if (length > 0xff) {
            all.write(0x82);
            all.write(length >> 8);
        } else if (length > 0x7f) {
            all.write(0x81);
        }
        all.write(length & 0xff);
        for (byte[] part : parts) {
            all.writeBytes(part);
        }
        return all.toByteArray();
    }
}
