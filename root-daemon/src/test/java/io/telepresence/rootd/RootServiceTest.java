package io.telepresence.rootd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.ByteString;
import io.telepresence.agree.Routing;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.LocalServer;
import io.telepresence.rootd.session.SessionFixture;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.rootd.DnsConfig;
import io.telepresence.rpc.rootd.DnsMapping;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Sessions over the daemon's socket: who has the network, and what is left when a call ends. */
@Timeout(120)
class RootServiceTest {
    @TempDir
    private Path folder;

    private final Closers opened = new Closers();
    private SessionFixture fixture;
    private IdleShutdown life;

    @BeforeEach
    void open() throws IOException {
        fixture = opened.add(new SessionFixture(folder));
    }

    @AfterEach
    void close() throws Exception {
        opened.close();
    }

    private Path start(boolean service) throws FaultException, IOException {
        Path socket = folder.resolve("rootd.socket");
        long uid = ((Number) Files.getAttribute(folder, "unix:uid")).longValue();
        life = new IdleShutdown(service, System::nanoTime);
        RootService root = new RootService(fixture.machine(), service, life);
        opened.add(LocalServer.start(socket, uid, Set.of(uid), List.of(root)));
        opened.add(root::endSession);
        return socket;
    }

    private FakeNetworkClient client(Path socket) {
        return opened.add(new FakeNetworkClient(socket));
    }

    private static void until(String what, BooleanSupplier condition) {
        long end = System.nanoTime() + Duration.ofSeconds(30).toNanos();
        while (!condition.getAsBoolean()) {
            assertTrue(System.nanoTime() - end < 0, () -> "never: " + what);
            LockSupport.parkNanos(2_000_000);
        }
    }

    @Test
    void whenTheCallHasEndedTheMachineIsAsItWasAndTheNextSessionMayBegin() throws Exception {
        Path socket = start(true);
        for (int round = 0; round < 5; round++) {
            FakeNetworkClient client = client(socket);
            client.wish(fixture.config().build());
            assertTrue(client.reached().getActive());
            client.endInOrder();
            assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
        }
        assertEquals(5, fixture.devices.size());
    }

    @Test
    void aSecondClientIsRefusedAndTheFirstGoesOn() throws Exception {
        Path socket = start(true);
        FakeNetworkClient first = client(socket);
        first.wish(fixture.config().build());
        first.reached();
        FakeNetworkClient second = client(socket);
        second.wish(fixture.config().clearPodSubnets().build());
        Fault fault = second.end().orElseThrow();
        assertEquals("another session already has this machine's network", fault.text());
        assertEquals("Run: telepresence quit", fault.remedy());
        assertEquals(2, first.calls().status(Empty.getDefaultInstance()).getSubnetsCount());
        assertFalse(first.isOver());
        first.endInOrder();
        FakeNetworkClient third = client(socket);
        third.wish(fixture.config().build());
        assertTrue(third.reached().getActive());
    }

    @Test
    void aClientThatIsKilledLeavesNothing() throws Exception {
        Path socket = start(true);
        FakeNetworkClient killed = client(socket);
        killed.wish(fixture.config()
                .setRouting(SessionFixture.routing(Routing.Rule.NEVER_PROXY, "10.96.7.0/24"))
                .build());
        killed.reached();
        killed.close();
        until("the machine is as it was", fixture::isUntouched);
        until("nobody has the network", () -> {
            try (FakeNetworkClient next = new FakeNetworkClient(socket)) {
                next.wish(fixture.config().build());
                until("an answer", () -> !next.states.isEmpty() || next.isOver());
                return !next.states.isEmpty();
            }
        });
        until("the machine is as it was again", fixture::isUntouched);
    }

    @Test
    void aClientThatIsKilledWhileTheSessionBeginsLeavesNothing() throws Exception {
        fixture.stopManager();
        Path socket = start(true);
        FakeNetworkClient killed = client(socket);
        killed.wish(fixture.config().build());
        killed.close();
        fixture.startManager();
        FakeNetworkClient next = null;
        for (boolean refused = true; refused; refused = next.states.isEmpty()) {
            FakeNetworkClient trying = client(socket);
            trying.wish(fixture.config().build());
            until("an answer", () -> !trying.states.isEmpty() || trying.isOver());
            next = trying;
        }
        next.endInOrder();
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
        assertEquals(1, fixture.devices.size(), "the killed one got no device");
    }

    @Test
    void aSessionThatFailsTellsWhyAfterTheMachineIsPutRight() throws Exception {
        Path socket = start(true);
        fixture.host.refuse("route append 10.96.0.0/16");
        FakeNetworkClient failing = client(socket);
        failing.wish(fixture.config().build());
        Fault fault = failing.end().orElseThrow();
        assertTrue(fault.text().startsWith("cannot change the network: "), fault.text());
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
        fixture.host.refuse("");
        FakeNetworkClient next = client(socket);
        next.wish(fixture.config().build());
        assertTrue(next.reached().getActive(), "the place is free at once");
    }

    @Test
    void aDeviceThatIsTakenAwayEndsTheSessionWithASentence() throws Exception {
        Path socket = start(true);
        FakeNetworkClient client = client(socket);
        client.wish(fixture.config().build());
        client.reached();
        fixture.device().lose();
        Fault fault = client.end().orElseThrow();
        assertEquals("the network device memory0 is gone: something removed it", fault.text());
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void changesAreAnsweredWithTheStateThatTheyReached() throws Exception {
        FakeNetworkClient client = client(start(true));
        client.wish(fixture.config().build());
        assertEquals(2, client.reached().getSubnetsCount());
        client.wish(fixture.config()
                .setRouting(SessionFixture.routing(Routing.Rule.ALSO_PROXY, "172.20.0.0/16"))
                .build());
        until("the change is told", () -> {
            NetworkStatus next = client.states.poll();
            return next != null && next.getSubnetsCount() == 3;
        });
        assertEquals(1, fixture.devices.size(), "on the same device");
    }

    @Test
    void ofChangesThatComeTogetherTheLastOneIsInForce() throws Exception {
        FakeNetworkClient client = client(start(true));
        for (int i = 1; i <= 50; i++) {
            client.wish(fixture.config()
                    .setRouting(SessionFixture.routing(Routing.Rule.ALSO_PROXY, "172." + i + ".0.0/16"))
                    .build());
        }
        until("the last is reached", () -> client.calls()
                .status(Empty.getDefaultInstance())
                .getSubnetsList()
                .contains(SessionFixture.subnet("172.50.0.0/16")));
        client.endInOrder();
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void anotherRoadToTheManagerIsAnotherSessionOfTheSameCall() throws Exception {
        FakeNetworkClient client = client(start(true));
        client.wish(fixture.config().build());
        client.reached();
        client.wish(fixture.config().setCarriers(2).build());
        until("the second device", () -> fixture.devices.size() == 2);
        until(
                "it is set up",
                () -> client.calls().status(Empty.getDefaultInstance()).getActive());
        assertTrue(fixture.devices.getFirst().isClosed());
        client.endInOrder();
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
    }

    @Test
    void withoutASessionTheStatusSaysSo() throws Exception {
        FakeNetworkClient asking = client(start(true));
        NetworkStatus status = asking.calls().status(Empty.getDefaultInstance());
        assertEquals(NetworkStatus.newBuilder().setIsService(true).build(), status, "nothing but what it is");
    }

    @Test
    void aServiceStaysAndAnotherUsersSessionGoesOn() throws Exception {
        Path socket = start(true);
        FakeNetworkClient client = client(socket);
        client.wish(fixture.config().build());
        client.reached();
        assertTrue(client(socket).calls().quit(Empty.getDefaultInstance()).getStays());
        assertEquals("", life.over());
        assertTrue(client.calls().status(Empty.getDefaultInstance()).getActive());
    }

    @Test
    void aDaemonThatIsToldToQuitPutsTheMachineRightFirst() throws Exception {
        Path socket = start(false);
        FakeNetworkClient client = client(socket);
        client.wish(fixture.config().build());
        client.reached();
        assertFalse(client(socket).calls().quit(Empty.getDefaultInstance()).getStays());
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
        assertTrue(client.end().isEmpty());
        assertEquals("it was told to", life.awaitEnd());
    }

    private interface Change {
        void to(NetworkConfig.Builder config);
    }

    private static Arguments refused(String sentence, Change change) {
        return Arguments.of(sentence, change);
    }

    private static io.telepresence.rpc.manager.Cidr prefix(int length, int... ip) {
        byte[] bytes = new byte[ip.length];
        for (int i = 0; i < ip.length; i++) {
            bytes[i] = (byte) ip[i];
        }
        return io.telepresence.rpc.manager.Cidr.newBuilder()
                .setIp(ByteString.copyFrom(bytes))
                .setPrefixLength(length)
                .build();
    }

    static Stream<Arguments> nonsense() {
        String path = "/" + "long".repeat(30);
        List<Arguments> all = new ArrayList<>(List.of(
                refused("the carrier's socket \"\" is not", c -> c.clearCarrierSocket()),
                refused("the carrier's socket \"here\" is not", c -> c.setCarrierSocket("here")),
                refused("the carrier's socket \"/a\\x00b\" is not", c -> c.setCarrierSocket("/a\0b")),
                refused("the carrier's socket \"/longlong", c -> c.setCarrierSocket(path)),
                refused("the number of carriers is 1000000, not 0 to 64", c -> c.setCarriers(1_000_000)),
                refused("the number of carriers is 4294967295, not", c -> c.setCarriers(-1)),
                refused(
                        "the service subnet 10.96.0.0/33 is wrong: a prefix length there is 0 to 32",
                        c -> c.addServiceSubnets(prefix(33, 10, 96, 0, 0))),
                refused("the pod subnet 10.96.0.0/4294967295 is wrong", c -> c.addPodSubnets(prefix(-1, 10, 96, 0, 0))),
                refused("an address of the kind pod subnet has 3 bytes", c -> c.addPodSubnets(prefix(8, 10, 96, 0))),
                refused(
                        "the also-proxy subnet \"\" is not a subnet",
                        c -> c.setRouting(SessionFixture.routing(Routing.Rule.ALSO_PROXY, ""))),
                refused(
                        "the never-proxy subnet \"fd00::/129\" is not a subnet",
                        c -> c.setRouting(SessionFixture.routing(Routing.Rule.NEVER_PROXY, "fd00::/129"))),
                refused(
                        "the allow-conflicting-subnets subnet \"example.com/8\" is not a subnet",
                        c -> c.setRouting(SessionFixture.routing(Routing.Rule.ALLOW_CONFLICTING, "example.com/8"))),
                refused(
                        "the service subnet address ::ffff:10.0.0.0 is an IPv4 address",
                        c -> c.addServiceSubnets(prefix(24, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 0, 0, 0))),
                refused(
                        "an address of the kind API server has 5 bytes",
                        c -> c.addApiServer(ByteString.copyFrom(new byte[5]))),
                refused(
                        "an address of the kind manager's pod has 2 bytes",
                        c -> c.setManagerPodIp(ByteString.copyFrom(new byte[2]))),
                refused("the port of the manager's pod is 65536, not", c -> c.setManagerPodPort(65_536)),
                refused("the port of the injector is 4294967295, not", c -> c.setInjectorPort(-1)),
                refused("the dial timeout in ms is 4294967295", c -> c.setDialTimeoutMs(-1)),
                refused("the limit of the connectivity check in ms is", c -> c.setConnectivityCheckMs(-5)),
                refused("the connect timeout of carriers in ms is", c -> c.setCarrierConnectMs(-5))));
        for (String server :
                List.of("ns.example.com", "10.0.0.1:70000", "10.0.0.1:0", "10.0.0.1:", "[::1", "", "[]:5")) {
            all.add(refused(
                    "the local nameserver \"" + server + "\" is not",
                    c -> c.setDns(DnsConfig.newBuilder().addLocalAddresses(server))));
        }
        all.add(refused(
                "the lookup timeout in ms is",
                c -> c.setDns(DnsConfig.newBuilder().setLookupTimeoutMs(-1))));
        all.add(refused(
                "\"cluster\\nlocal\" is not a DNS name",
                c -> c.setDns(DnsConfig.newBuilder().setClusterDomain("cluster\nlocal"))));
        all.add(refused(
                "\"" + "a.".repeat(30) + "...\" is not a DNS name",
                c -> c.setDns(DnsConfig.newBuilder().addNamespaces("a.".repeat(200)))));
        all.add(refused(
                "\"two names\" is not a DNS name",
                c -> c.setDns(DnsConfig.newBuilder()
                        .addMappings(DnsMapping.newBuilder().setName("one").setAliasFor("two names")))));
        all.add(refused("there are 10001 entries of the kind pod subnet", c -> {
            for (int i = 0; i < 10_000; i++) {
                c.addPodSubnets(prefix(32, 10, 1, i >> 8, i));
            }
        }));
        return all.stream();
    }

    @ParameterizedTest(name = "{0}")
    @MethodSource
    void nonsense(String sentence, Change change) throws Exception {
        NetworkConfig.Builder config = fixture.config();
        change.to(config);
        FakeNetworkClient client = client(start(true));
        client.wish(config.build());
        Fault fault = client.end().orElseThrow();
        assertEquals(Fault.Kind.CONFIG, fault.kind(), fault.text());
        assertTrue(fault.text().startsWith("the network configuration makes no sense: " + sentence), fault.text());
        assertEquals(List.of(), fixture.host.changes(), "nothing was touched");
        assertEquals(0, fixture.devices.size());
    }

    @Test
    void nonsenseInTheMiddleEndsTheSessionInsteadOfHalfAChange() throws Exception {
        FakeNetworkClient client = client(start(true));
        client.wish(fixture.config().build());
        client.reached();
        int before = fixture.host.changes().size();
        client.wish(fixture.config()
                .clearServiceSubnets()
                .addPodSubnets(prefix(99, 10, 1, 2, 3))
                .build());
        Fault fault = client.end().orElseThrow();
        assertTrue(fault.text().contains("10.1.2.3/99"), fault.text());
        assertTrue(fixture.isUntouched(), () -> "left: " + fixture.added());
        assertTrue(
                fixture.host.changes().stream().skip(before).noneMatch(l -> l.startsWith("ip route append")),
                "nothing of it was begun");
    }
}
