package io.telepresence.rootd.session;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.telepresence.agree.Routing;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One session on a machine in memory, with a manager behind its socket. */
@Timeout(60)
class NetworkSessionTest {
    private static final long LONG = NetworkSession.PATIENCE.plusSeconds(1).toNanos();

    @TempDir
    private Path folder;

    private SessionFixture fixture;

    @BeforeEach
    void open() throws IOException {
        fixture = new SessionFixture(folder);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    private static void until(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, () -> "never: " + what);
            LockSupport.parkNanos(2_000_000);
        }
    }

    private boolean has(String line) {
        return fixture.added().stream().anyMatch(l -> l.contains(line));
    }

    @Test
    void theMachineGetsWhatWasWishedAndIsThenAsItWas() throws Exception {
        NetworkConfig config = fixture.config()
                .setRouting(SessionFixture.routing(Routing.Rule.NEVER_PROXY, "10.96.7.0/24"))
                .build();
        try (NetworkSession session = fixture.open(config)) {
            assertEquals(
                    List.of(
                            "addr 127.83.7.1/24 dev memory0 noprefixroute",
                            "link dev memory0 mtu 1500 up",
                            "nft inet telepresence ip daddr 127.83.7.1 tcp dport " + fixture.dnsPort
                                    + " dnat ip to 127.83.7.1:53",
                            "nft inet telepresence ip daddr 127.83.7.1 udp dport " + fixture.dnsPort
                                    + " dnat ip to 127.83.7.1:53",
                            "route 10.244.0.0/16 dev memory0 congctl cubic",
                            "route 10.96.0.0/16 dev memory0 congctl cubic",
                            "route 10.96.7.0/24 via 192.168.1.1 dev eth0 src 192.168.1.5",
                            "route 127.83.7.0/24 dev memory0 congctl cubic"),
                    fixture.added());
            assertFalse(fixture.isUntouched());
            NetworkStatus status = session.status();
            assertTrue(status.getActive());
            assertEquals("memory0", status.getInterfaceName());
            assertEquals(
                    List.of(SessionFixture.subnet("10.96.0.0/16"), SessionFixture.subnet("10.244.0.0/16")),
                    status.getSubnetsList().stream()
                            .sorted((a, b) -> Integer.compare(
                                    a.getIp().byteAt(1) & 0xff, b.getIp().byteAt(1) & 0xff))
                            .toList());
            assertEquals("redirect", status.getDns().getMode());
            assertEquals("", status.getDns().getError());
            assertEquals("127.83.7.1", status.getDns().getLocalAddress());
        }
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    /** The steps of a start, each by a text in what it runs. */
    @ParameterizedTest
    @ValueSource(
            strings = {
                "link set dev memory0",
                "addr replace 127.83.7.1",
                "route append 127.83.7.0/24",
                "route append 10.96.0.0/16",
                "route append 10.244.0.0/16"
            })
    void aStartThatFailsHalfwayLeavesNothing(String step) {
        fixture.host.refuse(step);
        NetworkConfig config = fixture.config()
                .setRouting(SessionFixture.routing(Routing.Rule.NEVER_PROXY, "10.96.7.0/24"))
                .build();
        Fault fault =
                assertThrows(FaultException.class, () -> fixture.open(config)).fault();
        assertTrue(fault.text().contains("the test refuses this"), fault.text());
        fixture.host.refuse("");
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void aMachineThatGivesNoDeviceIsNotTouched() {
        fixture.noDevice = true;
        Fault fault = assertThrows(
                        FaultException.class,
                        () -> fixture.open(fixture.config().build()))
                .fault();
        assertEquals("this machine gives no device", fault.text());
        assertEquals(List.of(), fixture.host.changes());
    }

    @Test
    void anAddressThatTheDeviceDidNotGetEndsTheStart() {
        fixture.prefix = "192.0.2.0/24";
        Fault fault = assertThrows(
                        FaultException.class,
                        () -> fixture.open(fixture.config().build()))
                .fault();
        assertTrue(fault.text().contains("192.0.2.1"), fault.text());
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void aFirewallThatWasOpenedIsClosedThoughTheStartFails() {
        fixture.host.without("nft").program("iptables");
        fixture.prefix = "192.0.2.0/24";
        assertThrows(FaultException.class, () -> fixture.open(fixture.config().build()));
        assertTrue(
                fixture.host.changes().stream().anyMatch(l -> l.startsWith("iptables -w -I INPUT -i memory0")),
                fixture.host.changes()::toString);
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void whereSomebodyServesDnsAlreadyTheStartFailsWithTheAddress() throws Exception {
        try (ServerSocket other = new ServerSocket()) {
            other.bind(new InetSocketAddress("127.83.7.1", fixture.dnsPort));
            Fault fault = assertThrows(
                            FaultException.class,
                            () -> fixture.open(fixture.config().build()))
                    .fault();
            assertTrue(
                    fault.text()
                            .endsWith("cannot serve DNS on 127.83.7.1, port " + fixture.dnsPort
                                    + ", TCP: Address already in use"),
                    fault.text());
        }
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void namesThatDoNotComeToUsAreAStateAndTheMachineKeepsItsOwn() throws Exception {
        DnsConfig elsewhere = DnsConfig.newBuilder()
                .addLocalAddresses("127.83.7.99:" + fixture.dnsPort)
                .build();
        try (NetworkSession session =
                fixture.open(fixture.config().setDns(elsewhere).build())) {
            NetworkStatus status = session.status();
            assertEquals("none", status.getDns().getMode());
            assertTrue(status.getDns().getError().contains("127.83.7.99"), status.getDns()::getError);
            assertFalse(has("nft"), "the redirection was taken back");
            assertTrue(has("route 10.96.0.0/16"), "connections by address go on");
        }
        assertTrue(fixture.isUntouched());
    }

    @Test
    void aChangeTouchesOnlyWhatIsDifferent() throws Exception {
        NetworkConfig first = fixture.config()
                .setRouting(SessionFixture.routing(Routing.Rule.NEVER_PROXY, "10.96.7.0/24"))
                .build();
        try (NetworkSession session = fixture.open(first)) {
            int before = fixture.host.changes().size();
            session.apply(first);
            assertEquals(before, fixture.host.changes().size(), "the same again changes nothing");
            session.apply(fixture.config()
                    .clearPodSubnets()
                    .setRouting(SessionFixture.routing(Routing.Rule.ALSO_PROXY, "172.20.0.0/16"))
                    .build());
            List<String> since = fixture.host
                    .changes()
                    .subList(before, fixture.host.changes().size());
            assertEquals(
                    List.of(
                            "ip route del 10.96.7.0/24 via 192.168.1.1 dev eth0 src 192.168.1.5",
                            "ip route del 10.244.0.0/16 dev memory0",
                            "ip route append 172.20.0.0/16 dev memory0 congctl cubic"),
                    since.stream().filter(l -> l.startsWith("ip ")).toList());
            assertEquals(
                    List.of("172.20.0.0/16"),
                    Routing.fromWire(session.status().getRouting()).subnets(Routing.Rule.ALSO_PROXY));
        }
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void anotherRoadToTheManagerNeedsAnotherSession() throws Exception {
        try (NetworkSession session = fixture.open(fixture.config().build())) {
            assertTrue(session.accepts(fixture.config().setSessionId("resumed").build()));
            assertFalse(session.accepts(
                    fixture.config().setCarrierSocket("/elsewhere").build()));
            assertFalse(session.accepts(fixture.config().setCarriers(2).build()));
        }
    }

    @Test
    void heartbeatsSpeakForTheSessionThatIsInForce() throws Exception {
        try (NetworkSession session = fixture.open(fixture.config().build())) {
            session.apply(fixture.config().setSessionId("resumed").build());
            until("a heartbeat of the new one", () -> fixture.manager.sessions.contains("resumed"));
        }
    }

    @Test
    void whatTheMachineChangesIsFollowed() throws Exception {
        NetworkConfig config = fixture.config()
                .setRouting(SessionFixture.routing(Routing.Rule.NEVER_PROXY, "10.96.7.0/24"))
                .build();
        try (NetworkSession session = fixture.open(config)) {
            until("the tunnel is up", () -> session.status().getWarningsCount() == 0);
            int before = fixture.host.changes().size();
            session.tick();
            assertEquals(before, fixture.host.changes().size(), "nothing has changed");
            fixture.host.must("ip", "route", "del", "default");
            fixture.host.must("ip", "route", "add", "default", "via", "192.168.1.254", "dev", "eth0");
            fixture.host.file("/proc/net/route", "eth0 00000000 FE01A8C0 0003 0 0 0 00000000 0 0 0\n");
            session.tick();
            assertTrue(has("route 10.96.7.0/24 via 192.168.1.254 dev eth0"), fixture.added()::toString);
            assertFalse(has("route 10.96.7.0/24 via 192.168.1.1 "), fixture.added()::toString);
            // Counters of the kernel are no change.
            int then = fixture.host.changes().size();
            fixture.host.file("/proc/net/route", "eth0 00000000 FE01A8C0 0003 7 9 0 00000000 0 0 0\n");
            session.tick();
            assertEquals(then, fixture.host.changes().size());
        }
    }

    @Test
    void aMachineWhoseManagerIsGoneGetsItsNetworkBackUntilItReturns() throws Exception {
        try (NetworkSession session = fixture.open(fixture.config().build())) {
            until("the tunnel is up", () -> session.status().getWarningsCount() == 0);
            fixture.stopManager();
            until("the tunnel is down", () -> session.status()
                    .getWarningsList()
                    .contains("The traffic-manager does not answer at the moment"));
            session.tick();
            assertTrue(has("route 10.96.0.0/16"), "not yet: it may be replaced only");
            session.tick(System.nanoTime() + LONG);
            assertFalse(has("route 10.96.0.0/16"), fixture.added()::toString);
            assertFalse(has("nft"), fixture.added()::toString);
            assertEquals("none", session.status().getDns().getMode());
            assertEquals(0, session.status().getSubnetsCount());
            int before = fixture.host.changes().size();
            session.tick(System.nanoTime() + 2 * LONG);
            assertEquals(before, fixture.host.changes().size(), "once");
            fixture.startManager();
            until("the tunnel is up", () -> session.status().getWarningsCount() == 0);
            session.tick();
            assertTrue(has("route 10.96.0.0/16"), fixture.added()::toString);
            assertEquals("redirect", session.status().getDns().getMode());
        }
        assertTrue(fixture.isUntouched());
    }

    @Test
    void aDeviceThatSomebodyTookAwayEndsTheSession() throws Exception {
        try (NetworkSession session = fixture.open(fixture.config().build())) {
            fixture.device().lose();
            until("it is noticed", () -> {
                try {
                    session.tick();
                    return false;
                } catch (FaultException e) {
                    assertTrue(e.fault().text().contains("memory0"), e.fault().text());
                    return true;
                }
            });
        }
        assertTrue(fixture.isUntouched());
    }

    @Test
    void aStartThatNobodyWaitsForTouchesNothing() throws Exception {
        fixture.stopManager();
        CompletableFuture<Void> cancelled = new CompletableFuture<>();
        cancelled.complete(null);
        NetworkConfig config = fixture.config().build();
        Fault fault = assertThrows(
                        FaultException.class, () -> NetworkSession.open(fixture.machine(), config, cancelled))
                .fault();
        assertEquals("the session was ended while it began", fault.text());
        assertEquals(List.of(), fixture.host.changes());
        assertEquals(0, fixture.devices.size());
    }

    @Test
    void aManagerThatDoesNotAnswerIsAFaultBeforeAnythingIsTouched() throws Exception {
        fixture.stopManager();
        NetworkConfig config = fixture.config().setCarrierConnectMs(300).build();
        Fault fault =
                assertThrows(FaultException.class, () -> fixture.open(config)).fault();
        assertEquals(Fault.Kind.UNREACHABLE, fault.kind());
        assertEquals(List.of(), fixture.host.changes());
        assertEquals(0, fixture.devices.size());
    }

    @Test
    void whatIsReachableWithoutUsIsNotRouted() throws Exception {
        try (ServerSocket manager = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Threads.virtual("manager-pod", () -> {
                try (Socket socket = manager.accept()) {
                    socket.getInputStream().readNBytes(24);
                    socket.getOutputStream().write(new byte[] {0, 0, 0, 4, 0, 0, 0, 0, 0});
                    socket.getInputStream().readAllBytes();
                } catch (IOException e) {
                    assertTrue(manager.isClosed(), e::toString);
                }
            });
            NetworkConfig config = fixture.config()
                    .setConnectivityCheckMs(5000)
                    .setManagerPodIp(
                            ByteString.copyFrom(InetAddress.getLoopbackAddress().getAddress()))
                    .setManagerPodPort(manager.getLocalPort())
                    .build();
            try (NetworkSession session = fixture.open(config)) {
                assertFalse(has("route 10.244.0.0/16"), fixture.added()::toString);
                assertTrue(has("route 10.96.0.0/16"), fixture.added()::toString);
                NetworkStatus status = session.status();
                assertEquals(
                        SessionFixture.subnet("10.244.0.0/16"),
                        status.getLeftOut(0).getSubnet());
                assertTrue(
                        status.getWarnings(0).startsWith("The cluster's pods are reachable"),
                        status.getWarningsList()::toString);
            }
        }
    }

    @Test
    void flowsAreCountedInTheStatus() throws Exception {
        try (NetworkSession session = fixture.open(fixture.config().build())) {
            assertEquals(0, session.status().getTotalFlows());
            fixture.device()
                    .fromHost(
                            TestPackets.udp(TestPackets.tuple("198.18.0.1", 40_000, "10.96.3.7", 53), new byte[] {1}));
            until("counted", () -> session.status().getTotalFlows() == 1);
        }
    }
}
