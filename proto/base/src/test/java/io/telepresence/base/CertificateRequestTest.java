package io.telepresence.base;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.Signature;
import java.security.spec.ECGenParameterSpec;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What is written is read here by the letter of X.690 and RFC 2986, each byte of it. */
class CertificateRequestTest {
    /** @param whole with tag and length */
    private record Element(int tag, byte[] content, byte[] whole) {
        /** Elements one after the other, to the last byte; a length has the shortest form that it can have. */
        static List<Element> all(byte[] der) {
            List<Element> found = new ArrayList<>();
            int at = 0;
            while (at < der.length) {
                int first = der[at + 1] & 0xff;
                int more = first < 0x80 ? 0 : first - 0x80;
                int length =
                        more == 0 ? first : Integer.parseInt(HexFormat.of().formatHex(der, at + 2, at + 2 + more), 16);
                int shortest = length < 0x80 ? 0 : length < 0x100 ? 1 : length < 0x10000 ? 2 : 3;
                assertEquals(shortest, more, "bytes of the length " + length);
                int begin = at + 2 + more;
                assertTrue(begin + length <= der.length, "it ends too soon");
                found.add(new Element(
                        der[at] & 0xff,
                        Arrays.copyOfRange(der, begin, begin + length),
                        Arrays.copyOfRange(der, at, begin + length)));
                at = begin + length;
            }
            return found;
        }

        List<Element> parts(int expected) {
            assertEquals(expected, tag);
            return all(content);
        }
    }

    private static KeyPair key(String curve) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec(curve));
        return generator.generateKeyPair();
    }

    private static byte[] decode(String pem) {
        List<String> lines = pem.lines().toList();
        assertEquals("-----BEGIN CERTIFICATE REQUEST-----", lines.getFirst());
        assertEquals("-----END CERTIFICATE REQUEST-----", lines.getLast());
        assertTrue(pem.endsWith("-----\n"));
        List<String> inner = lines.subList(1, lines.size() - 1);
        assertTrue(inner.stream().allMatch(line -> line.length() <= 64), pem);
        return Base64.getDecoder().decode(String.join("", inner));
    }

    private static void assertName(String oid, String value, Element relative) {
        List<Element> pair = relative.parts(0x31).getFirst().parts(0x30);
        assertEquals(2, pair.size());
        assertEquals(6, pair.get(0).tag());
        assertEquals(oid, HexFormat.of().formatHex(pair.get(0).content()));
        assertEquals(0x0c, pair.get(1).tag());
        assertEquals(value, new String(pair.get(1).content(), StandardCharsets.UTF_8));
    }

    /** From nothing to what needs two bytes of length at every level. */
    @ParameterizedTest
    @ValueSource(ints = {0, 9, 63, 127, 128, 255, 256, 70_000})
    void namesTheSubjectAndTheKeyAndIsSignedByIt(int length) throws Exception {
        KeyPair key = key("secp256r1");
        String unit = "n".repeat(length);
        byte[] der = decode(
                CertificateRequest.pem("telepresence-0af", unit, key.getPublic().getEncoded(), key.getPrivate()));
        List<Element> outer = Element.all(der);
        assertEquals(1, outer.size());
        List<Element> parts = outer.getFirst().parts(0x30);
        assertEquals(3, parts.size());

        List<Element> information = parts.get(0).parts(0x30);
        assertEquals(4, information.size());
        assertArrayEquals(new byte[] {2, 1, 0}, information.get(0).whole());
        List<Element> subject = information.get(1).parts(0x30);
        assertEquals(2, subject.size());
        assertName("550403", "telepresence-0af", subject.get(0));
        assertName("55040b", unit, subject.get(1));
        assertArrayEquals(key.getPublic().getEncoded(), information.get(2).whole());
        assertArrayEquals(new byte[] {(byte) 0xa0, 0}, information.get(3).whole());

        assertEquals(
                "300a06082a8648ce3d040302",
                HexFormat.of().formatHex(parts.get(1).whole()));
        assertEquals(3, parts.get(2).tag());
        byte[] bits = parts.get(2).content();
        assertEquals(0, bits[0]);
        Signature verifier = Signature.getInstance("SHA256withECDSA");
        verifier.initVerify(key.getPublic());
        verifier.update(parts.get(0).whole());
        assertTrue(verifier.verify(bits, 1, bits.length - 1));
    }

    @Test
    void namesAreUtf8() throws Exception {
        KeyPair key = key("secp256r1");
        String odd = "a,b=c+\"\\\u0000\n\u00e4\u20ac\ud83d\ude00";
        byte[] der = decode(CertificateRequest.pem(odd, odd, key.getPublic().getEncoded(), key.getPrivate()));
        List<Element> subject = Element.all(der)
                .getFirst()
                .parts(0x30)
                .getFirst()
                .parts(0x30)
                .get(1)
                .parts(0x30);
        assertName("550403", odd, subject.get(0));
        assertName("55040b", odd, subject.get(1));
    }

    @Test
    void otherKeysAreRefused() throws Exception {
        KeyPair rsa = KeyPairGenerator.getInstance("RSA").generateKeyPair();
        assertThrows(
                GeneralSecurityException.class,
                () -> CertificateRequest.pem("a", "b", rsa.getPublic().getEncoded(), rsa.getPrivate()));
    }
}
