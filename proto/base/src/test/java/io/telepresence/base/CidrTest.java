package io.telepresence.base;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class CidrTest {
    @ParameterizedTest
    @CsvSource({
        "10.1.2.3/16, 10.1.0.0/16",
        "10.1.2.3, 10.1.2.3/32",
        "0.0.0.0/0, 0.0.0.0/0",
        "fd00::1/64, fd00::/64",
        "fd00::1, fd00::1/128",
        "10.255.255.255/9, 10.128.0.0/9"
    })
    void bitsBehindTheLengthAreCleared(String text, String expected) {
        assertEquals(expected, Cidr.parse(text).toString());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "10.1.0.0/33",
                "10.1.0.0/-1",
                "fd00::/129",
                "10.1.0/8/9",
                "echo/8",
                "echo",
                "10.1.0.0/",
                "/8",
                "10.1.0.0/x"
            })
    void whatIsNoSubnetIsRefusedWithoutAskingDns(String text) {
        assertThrows(IllegalArgumentException.class, () -> Cidr.parse(text));
        assertThrows(IllegalArgumentException.class, () -> Cidr.parseSubnet(text));
    }

    @Test
    void aSubnetNeedsALength() {
        assertThrows(IllegalArgumentException.class, () -> Cidr.parseSubnet("10.1.2.3"));
        assertEquals("10.1.0.0/16", Cidr.parseSubnet("10.1.0.0/16").toString());
    }

    /** Against the plain definition, bit by bit. */
    @Test
    void holdsTheAddressesThatAgreeInItsBits() {
        Random random = new Random(7);
        for (int i = 0; i < 2_000; i++) {
            byte[] one = new byte[i % 2 == 0 ? 4 : 16];
            random.nextBytes(one);
            byte[] other = one.clone();
            int bit = random.nextInt(one.length * 8);
            other[bit / 8] ^= (byte) (0x80 >> bit % 8);
            Cidr prefix = new Cidr(Cidr.address(one), random.nextInt(one.length * 8 + 1));
            assertTrue(prefix.contains(Cidr.address(one)));
            assertEquals(bit >= prefix.length(), prefix.contains(Cidr.address(other)));
            if (prefix.length() > 0) {
                assertTrue(prefix.parent().contains(prefix));
                assertTrue(prefix.within(prefix.parent()));
                assertFalse(prefix.contains(prefix.parent()));
            }
        }
    }

    @Test
    void familiesAreApart() {
        Cidr all = Cidr.parse("0.0.0.0/0");
        assertFalse(all.contains(InetAddress.ofLiteral("fd00::1")));
        assertFalse(all.overlaps(Cidr.parse("::/0")));
        assertTrue(all.isV4());
        assertFalse(Cidr.parse("::/0").isV4());
    }

    @Test
    void sortsByFamilyAddressAndLength() {
        List<Cidr> sorted = List.of(
                Cidr.parse("10.0.0.0/8"), Cidr.parse("10.0.0.0/16"), Cidr.parse("200.0.0.0/8"), Cidr.parse("::/0"));
        assertEquals(sorted, sorted.reversed().stream().sorted().toList());
    }

    @Test
    void countsAddressesFromTheLowest() {
        assertEquals("10.1.1.0", Cidr.text(Cidr.parse("10.1.0.0/16").host(256)));
        assertEquals("fd00::1:0", Cidr.text(Cidr.parse("fd00::/64").host(65_536)));
    }
}
