package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.Base64;
import org.junit.jupiter.api.Test;

class KubeconfigPemTest {
    @Test
    void readsPkcs8AndTheOlderFormInside() throws Exception {
        KeyPairGenerator rsa = KeyPairGenerator.getInstance("RSA");
        rsa.initialize(2048);
        PrivateKey key = rsa.generateKeyPair().getPrivate();
        assertEquals(key, KubeconfigPem.key(pem("PRIVATE KEY", key.getEncoded())));
        // A PKCS#8 RSA key is 26 bytes of header and the PKCS#1 key.
        byte[] inner = Arrays.copyOfRange(key.getEncoded(), 26, key.getEncoded().length);
        assertArrayEquals(
                key.getEncoded(),
                KubeconfigPem.key(pem("RSA PRIVATE KEY", inner)).getEncoded());
    }

    @Test
    void readsEcKeysAsOpensslWritesThem() throws Exception {
        // openssl ecparam -name prime256v1 -genkey -noout
        String sec1 = "MHcCAQEEIKyUe9h5o4A4f4VJXl0+4y7o0u4uJ0Vq0i4c4m4pQf1LoAoGCCqGSM49AwEHoUQDQgAE"
                + "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                + "AAAA";
        PrivateKey key =
                KubeconfigPem.key(pem("EC PRIVATE KEY", Base64.getMimeDecoder().decode(sec1)));
        assertEquals("EC", key.getAlgorithm());
        KeyPairGenerator ec = KeyPairGenerator.getInstance("EC");
        ec.initialize(new ECGenParameterSpec("secp384r1"));
        PrivateKey other = ec.generateKeyPair().getPrivate();
        assertEquals(other, KubeconfigPem.key(pem("PRIVATE KEY", other.getEncoded())));
    }

    @Test
    void anythingElseIsAnError() {
        assertThrows(
                GeneralSecurityException.class, () -> KubeconfigPem.key("no key".getBytes(StandardCharsets.US_ASCII)));
        assertThrows(GeneralSecurityException.class, () -> KubeconfigPem.key(pem("PRIVATE KEY", new byte[] {1, 2, 3})));
    }

    private static byte[] pem(String type, byte[] der) {
        String body = Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der);
        return ("-----BEGIN " + type + "-----\n" + body + "\n-----END " + type + "-----\n")
                .getBytes(StandardCharsets.US_ASCII);
    }
}
