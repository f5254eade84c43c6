package io.telepresence.base;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PemTest {
    @Test
    void readsPkcs8AndTheOlderFormInside() throws Exception {
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        PrivateKey key = rsa.generateKeyPair().getPrivate();
        assertEquals(key, Pem.key(pem("PRIVATE KEY", key.getEncoded())));
        // A PKCS#8 RSA key is 26 bytes of header and the PKCS#1 key.
        byte[] inner = Arrays.copyOfRange(key.getEncoded(), 26, key.getEncoded().length);
        assertArrayEquals(
                key.getEncoded(), Pem.key(pem("RSA PRIVATE KEY", inner)).getEncoded());
    }

    @Test
    void readsEcKeysAsOpensslWritesThem() throws Exception {
        // openssl ecparam -name prime256v1 -genkey -noout
        String sec1 = "MHcCAQEEIKyUe9h5o4A4f4VJXl0+4y7o0u4uJ0Vq0i4c4m4pQf1LoAoGCCqGSM49AwEHoUQDQgAE"
                + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                + "AAAA";
        PrivateKey key = Pem.key(pem("EC PRIVATE KEY", Base64.getMimeDecoder().decode(sec1)));
        assertEquals("EC", key.getAlgorithm());
    }

    @ParameterizedTest
    @ValueSource(strings = {"secp256r1", "secp384r1", "secp521r1"})
    void readsEachCurve(String curve) throws Exception {
        KeyPairGenerator ec = KeyPairGenerator.getInstance("EC");
        ec.initialize(new ECGenParameterSpec(curve));
        PrivateKey key = ec.generateKeyPair().getPrivate();
        assertEquals(key, Pem.key(pem("PRIVATE KEY", key.getEncoded())));
    }

    @Test
    void readsWhatStandsAmongOtherText() throws Exception {
        PrivateKey key =
                KeyPairGenerator.getInstance("Ed25519").generateKeyPair().getPrivate();
        String text = "Bag Attributes\n    friendlyName: a\n"
                + new String(pem("PRIVATE KEY", key.getEncoded()), StandardCharsets.US_ASCII) + "more";
        assertEquals(key, Pem.key(text.getBytes(StandardCharsets.US_ASCII)));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "no key",
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nAAAA\n-----END ENCRYPTED PRIVATE KEY-----",
                "-----BEGIN PRIVATE KEY-----\nAQID\n-----END PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\nAQID\n-----END EC PRIVATE KEY-----",
                "-----BEGIN EC PRIVATE KEY-----\nMIT/////AA==\n-----END EC PRIVATE KEY-----",
                "-----BEGIN RSA PRIVATE KEY-----\nA\n-----END RSA PRIVATE KEY-----"
            })
    void anythingElseIsAnErrorAndNoCrash(String text) {
        assertThrows(GeneralSecurityException.class, () -> Pem.key(text.getBytes(StandardCharsets.US_ASCII)));
    }

    @Test
    void aFaultNamesTheFile(@TempDir Path scratch) throws Exception {
        Path file = Files.writeString(scratch.resolve("tls.crt"), "-----BEGIN CERTIFICATE-----\n");
        for (GeneralSecurityException e : new GeneralSecurityException[] {
            assertThrows(GeneralSecurityException.class, () -> Pem.certificates(file)),
            assertThrows(GeneralSecurityException.class, () -> Pem.key(file))
        }) {
            assertTrue(e.getMessage().startsWith(file + ": there is no "), e.getMessage());
        }
    }

    private static byte[] pem(String type, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return ("-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
