package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

final class FreeSubnetTest {
    @Test
    void whatIsTakenIsPassedOver() {
        assertEquals("172.29.255.0/24", FreeSubnet.v4(List.of()).getFirst());
        assertEquals(48, FreeSubnet.v4(List.of()).size());
        assertEquals(
                "172.29.253.0/24", FreeSubnet.v4(List.of("172.29.254.0/23")).getFirst());
        assertEquals("192.168.247.0/24", FreeSubnet.v4(List.of("172.16.0.0/12")).getFirst());
        assertEquals(
                "10.213.247.0/24",
                FreeSubnet.v4(List.of("172.29.255.7", "172.16.0.0/12", "192.168.0.0/16"))
                        .getFirst());
        assertEquals(List.of(), FreeSubnet.v4(List.of("0.0.0.0/0")));
    }

    @Test
    void theSameForIpv6() {
        assertEquals("fd74:656c:d0c:1::/64", FreeSubnet.v6(List.of("0.0.0.0/0")).getFirst());
        assertEquals(
                "fd74:656c:d0c:2::/64",
                FreeSubnet.v6(List.of("fd74:656c:d0c:1::1/128")).getFirst());
        assertEquals("fd74:656c:d0c:30::/64", FreeSubnet.v6(List.of()).getLast());
    }

    @Test
    void whatIsNoSubnetTakesNothing() {
        assertEquals(48, FreeSubnet.v4(List.of("10.0.0.0/x")).size());
    }

    @Test
    void addressesInASubnet() {
        assertEquals("172.29.255.2", FreeSubnet.host("172.29.255.0/24", 2));
        assertEquals("fd74:656c:d0c:1::2", FreeSubnet.host("fd74:656c:d0c:1::/64", 2));
    }

    @ParameterizedTest
    @CsvSource({
        "10.0.0.0/8, 10.213.247.0/24, true",
        "10.213.247.0/24, 10.0.0.0/8, true",
        "10.213.246.0/24, 10.213.247.0/24, false",
        "0.0.0.0/0, 192.168.1.1, true",
        "fd00::/8, fd74:656c:d0c:1::2, true",
        "fd00::/8, 10.0.0.1, false",
        "172.29.255.2, 172.29.255.2, true"
    })
    void overlap(String one, String other, boolean want) {
        assertEquals(want, FreeSubnet.overlap(one, other));
    }

    /** As the kernel of a laptop shows it: a default route, Docker's, a VPN's, and one to a single address. */
    @Test
    void routesOfTheMachineAreReadFromTheKernelsTable() {
        List<String> found = HostRoutes.parse(List.of(
                "Iface\tDestination\tGateway \tFlags\tRefCnt\tUse\tMetric\tMask\t\tMTU\tWindow\tIRTT",
                "eth0\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0",
                "docker0\t000011AC\t00000000\t0001\t0\t0\t0\t0000FFFF\t0\t0\t0",
                "tun0\t0000000A\t00000000\t0001\t0\t0\t0\t000000FF\t0\t0\t0",
                "eth0\tFDFEA9C6\t00000000\t0005\t0\t0\t0\tFFFFFFFF\t0\t0\t0",
                ""));
        assertEquals(List.of("172.17.0.0/16", "10.0.0.0/8", "198.169.254.253/32"), found);
    }

    @Test
    void thisMachinesTableCanBeRead() {
        for (String route : HostRoutes.read()) {
            assertTrue(FreeSubnet.overlap(route, route), route);
            assertFalse(route.endsWith("/0"), route);
        }
    }

    @Test
    void anIpv6RouteOfTheMachineIsTaken() {
        String other = "0".repeat(32) + " 00 " + "0".repeat(32) + " 00000400 00000001 00000000 00000001     eth0";
        List<String> found = HostRoutes.parse(
                List.of(),
                List.of(
                        "fd74656c0d0c00010000000000000000 40 " + other,
                        "fd74656c0d0c00020000000000000000 3f " + other,
                        "00000000000000000000000000000000 00 " + other,
                        "ff000000000000000000000000000000 08 " + other,
                        "nonsense"));
        assertEquals(
                List.of("fd74:656c:0d0c:0001:0000:0000:0000:0000/64", "fd74:656c:0d0c:0002:0000:0000:0000:0000/63"),
                found);
        assertEquals("fd74:656c:d0c:4::/64", FreeSubnet.v6(found).getFirst());
    }
}
