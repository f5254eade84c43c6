package io.telepresence.manager.identity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.identity.ProofKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import java.util.Random;
import org.junit.jupiter.api.Test;

/** Certificate requests from outside. */
class TicketRequestTest {
    private static final byte[] KEY = ProofKey.generate().publicKey();

    private static void assertGarbage(String request) {
        assertThrows(IllegalArgumentException.class, () -> TicketRequest.parse(request));
    }

    /** By {@code openssl req -new -subj /OU=ambassador/CN=telepresence-ab}. */
    private static final String OPENSSL =
            """
            -----BEGIN CERTIFICATE REQUEST-----
            MIHqMIGRAgEAMC8xEzARBgNVBAsMCmFtYmFzc2Fkb3IxGDAWBgNVBAMMD3RlbGVw
            cmVzZW5jZS1hYjBZMBMGByqGSM49AgEGCCqGSM49AwEHA0IABD5lVc0M06S6AVEZ
            FgZgwfev83GCjpRLkDSiCR0JU0KJnmm2GOnT/4yLkCETC4tNcrRd1x6EjZOACsui
            tYCl2legADAKBggqhkjOPQQDAgNIADBFAiEA3Ja2mlAhg8jmrXQbp43UJQE9NY2g
            hg1oQUBgO2YTl2cCIDYOVtcq6DGa0Q4RiSq7wK5JvmUlis1zSku3cHsUv/3T
            -----END CERTIFICATE REQUEST-----
            """;

    @Test
    void aRequestThatAnotherProgramMadeIsRead() {
        String request = Base64.getEncoder().encodeToString(OPENSSL.getBytes(StandardCharsets.US_ASCII));
        TicketRequest read = TicketRequest.parse(request);
        assertEquals("telepresence-ab", read.commonName());
        assertEquals("ambassador", read.unit());
        assertEquals(KEY.length, read.publicKey().length);
    }

    @Test
    void whatItSays() {
        TicketRequest read = TicketRequest.parse(TestTickets.request(KEY, "telepresence-ab", "ambassador"));
        assertArrayEquals(KEY, read.publicKey());
        assertEquals("telepresence-ab", read.commonName());
        assertEquals("ambassador", read.unit());
        byte[] organization = TestTickets.name(new byte[] {0x55, 0x04, 0x0a}, 0x1e, "x");
        byte[] more = TestTickets.der(KEY, organization, TestTickets.unit("a"), TestTickets.commonName("b"));
        assertEquals("b", TicketRequest.parse(TestTickets.pem(more)).commonName());
    }

    @Test
    void whatSaysSomethingTwiceOrNotAtAllIsGarbage() {
        byte[] name = TestTickets.commonName("b");
        byte[] unit = TestTickets.unit("a");
        assertGarbage(TestTickets.pem(TestTickets.der(KEY, name, unit, unit)));
        assertGarbage(TestTickets.pem(TestTickets.der(KEY, name, name, unit)));
        assertGarbage(TestTickets.pem(TestTickets.der(KEY, name)));
        assertGarbage(TestTickets.pem(TestTickets.der(KEY, unit)));
        assertGarbage(TestTickets.pem(TestTickets.der(KEY)));
        byte[] other = TestTickets.name(new byte[] {0x55, 0x04, 0x0a}, 0x0c, "x");
        assertGarbage(TestTickets.pem(
                TestTickets.der(KEY, other, other, other, other, other, other, other, other, name, unit)));
    }

    @Test
    void garbageIsGarbage() {
        assertGarbage(null);
        assertGarbage("");
        assertGarbage("no base64!");
        assertGarbage(Base64.getEncoder().encodeToString("no PEM".getBytes()));
        assertGarbage(Base64.getEncoder().encodeToString("-----BEGIN CERTIFICATE REQUEST-----".getBytes()));
        assertGarbage(TestTickets.pem(new byte[0]));
        assertGarbage(TestTickets.pem(new byte[] {0x30, (byte) 0x84, 0x7f, -1, -1, -1}));
        assertGarbage(TestTickets.pem(new byte[] {0x30, (byte) 0x80, 0, 0}));
        assertGarbage(TestTickets.pem(new byte[] {0x30, (byte) 0x82, 0, 1, 0}));
    }

    @Test
    void aHugeOneIsNotRead() {
        assertGarbage("A".repeat(TicketRequest.MOST_CHARACTERS + 1));
        assertGarbage(TestTickets.request(new byte[9000], "a", "b"));
    }

    /** No part of one, and none with a wrong bit, does anything else than say so or be read. */
    @Test
    void whatIsBrokenInAnyPlaceEndsWell() {
        byte[] good = TestTickets.der(KEY, TestTickets.unit("ambassador"), TestTickets.commonName("telepresence-ab"));
        for (int length = 0; length < good.length; length++) {
            assertGarbage(TestTickets.pem(Arrays.copyOf(good, length)));
        }
        assertGarbage(TestTickets.pem(Arrays.copyOf(good, good.length + 1)));
        Random random = new Random(1);
        for (int i = 0; i < 20_000; i++) {
            byte[] bad = good.clone();
            bad[random.nextInt(bad.length)] ^= (byte) (1 << random.nextInt(8));
            try {
                TicketRequest.parse(TestTickets.pem(bad));
            } catch (IllegalArgumentException e) {
                // What it is for.
            }
        }
    }
}
