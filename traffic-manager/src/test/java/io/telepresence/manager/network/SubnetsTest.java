package io.telepresence.manager.network;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many subnets become few, in a time that grows as their number does. */
@Timeout(20)
class SubnetsTest {
    private static List<Cidr> parse(String... subnets) {
        return List.of(subnets).stream().map(Cidr::parseSubnet).toList();
    }

    @Test
    void halvesBecomeWholesOfBothFamilies() {
        assertEquals(
                parse("10.0.0.0/22", "10.0.5.0/24", "fd00::/63"),
                Subnets.merge(parse(
                        "10.0.3.0/24",
                        "fd00::/64",
                        "10.0.0.0/24",
                        "10.0.5.0/24",
                        "10.0.1.0/24",
                        "10.0.2.0/24",
                        "fd00:0:0:1::/64",
                        "10.0.1.128/25")));
        assertEquals(parse("0.0.0.0/0"), Subnets.merge(parse("0.0.0.0/1", "128.0.0.0/1")));
    }

    /** What is in one of them before is in one of them afterwards, and nothing else is. */
    @Test
    void nothingIsGainedOrLost() {
        Random random = new Random(7);
        for (int round = 0; round < 200; round++) {
            List<Cidr> some = new ArrayList<>();
            for (int i = 0; i < 40; i++) {
                some.add(Cidr.parseSubnet("10.0.0." + random.nextInt(256) + "/" + (26 + random.nextInt(7))));
            }
            List<Cidr> merged = Subnets.merge(some);
            for (int last = 0; last < 256; last++) {
                InetAddress ip = InetAddress.ofLiteral("10.0.0." + last);
                assertEquals(
                        some.stream().anyMatch(s -> s.contains(ip)),
                        merged.stream().anyMatch(s -> s.contains(ip)),
                        () -> ip + " in " + some);
                assertEquals(merged.stream().anyMatch(s -> s.contains(ip)), Subnets.holdAll(merged, List.of(ip)));
            }
        }
    }

    @Test
    void aHundredThousandNodesAreNoBurden() {
        List<Cidr> nodes = new ArrayList<>(IntStream.range(0, 100_000)
                .mapToObj(i -> Cidr.parseSubnet("10." + (i >> 12) + "." + (i >> 4 & 255) + "." + (i & 15) * 16 + "/28"))
                .toList());
        Collections.shuffle(nodes, new Random(7));
        List<Cidr> merged = Subnets.limited(nodes);
        assertTrue(merged.size() <= Subnets.MOST, merged::toString);
        assertTrue(Subnets.holdAll(
                merged, nodes.stream().limit(10_000).map(Cidr::address).toList()));
    }

    @Test
    void scatteredNodesStayFewRoutes() {
        List<Cidr> nodes = IntStream.range(0, 1000)
                .mapToObj(i -> Cidr.parseSubnet("10." + i % 250 + "." + 2 * (i / 250) + ".0/24"))
                .toList();
        List<Cidr> limited = Subnets.limited(nodes);
        assertTrue(limited.size() <= Subnets.MOST, limited::toString);
        assertTrue(Subnets.holdAll(limited, nodes.stream().map(Cidr::address).toList()));
        assertFalse(Subnets.holdAll(limited, List.of(InetAddress.ofLiteral("192.168.0.1"))));
    }
}
