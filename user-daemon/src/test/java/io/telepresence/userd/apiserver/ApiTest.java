package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.apiserver.FakeApi.Answer;
import io.telepresence.userd.kubeconfig.CallerEnvironment;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.relay.ManagerSocketProxy;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ApiTest {
    private static final String PODS = "/api/v1/namespaces/ns/pods";
    private final FakeApi api = new FakeApi();

    @TempDir
    Path directory;

    @AfterEach
    void close() {
        api.close();
    }

    @Test
    void askedWithTheCallersNameAndToken() throws Exception {
        api.answers.put("/version", new Answer(200, "{\"gitVersion\":\"v1.20.2\"}"));
        try (ClusterGateway gateway = gateway(Map.of("token", "t", "as", "bob"))) {
            assertEquals("v1.20.2", gateway.version());
        }
        assertEquals("/version Bearer t bob", api.requests.poll());
    }

    @Test
    void theReadyPodIsChosen() throws Exception {
        api.answers.put(
                PODS,
                new Answer(200, "{\"items\":[" + FakeApi.pod("old", false) + "," + FakeApi.pod("new", true) + "]}"));
        try (ClusterGateway gateway = gateway(Map.of())) {
            assertEquals("new", new ManagerPods(gateway, "ns").current().name());
            api.answers.put(PODS, new Answer(200, "{\"items\":[" + FakeApi.pod("old", false) + "]}"));
            assertFault(gateway, "is not ready: the pod old is running, but not ready", "");
            api.answers.put(PODS, new Answer(200, "{\"items\":[]}"));
            assertFault(
                    gateway,
                    "there is no traffic-manager in namespace \"ns\"",
                    "telepresence helm install --manager-namespace ns");
            api.answers.put(PODS, new Answer(403, "{\"message\":\"forbidden\"}"));
            assertFault(gateway, "you have no right to list pods in namespace \"ns\" (forbidden)", "clientRbac");
            api.answers.put(PODS, new Answer(401, "{}"));
            assertFault(gateway, "does not accept your credentials", "Log in");
        }
    }

    @Test
    void aLineIsAddedToAConfigMap() throws Exception {
        String path = "/api/v1/namespaces/ns/configmaps/traffic-manager";
        String found = "{\"metadata\":{\"resourceVersion\":\"7\"}%s}";
        try (ClusterGateway gateway = gateway(Map.of())) {
            api.answers.put(path, new Answer(200, found.formatted("")));
            gateway.appendLine("ns", "traffic-manager", "revoke", "s:a");
            api.answers.put(path, new Answer(200, found.formatted(",\"data\":{\"revoke\":\"s:a\"}")));
            gateway.appendLine("ns", "traffic-manager", "revoke", "s:b");
            String patch = "application/merge-patch+json {\"metadata\":{\"resourceVersion\":\"7\"},\"data\":{%s}}";
            assertEquals(patch.formatted("\"revoke\":\"s:a\\n\""), api.patches.poll());
            assertEquals(patch.formatted("\"revoke\":\"s:a\\ns:b\\n\""), api.patches.poll());
            api.answers.put(path, new Answer(403, "{}"));
            Fault denied = assertThrows(
                            FaultException.class, () -> gateway.appendLine("ns", "traffic-manager", "revoke", "s:c"))
                    .fault();
            assertEquals("you have no right to read the ConfigMap traffic-manager in namespace \"ns\"", denied.text());
            api.answers.put(path, new Answer(404, "{}"));
            Fault missing = assertThrows(
                            FaultException.class, () -> gateway.appendLine("ns", "traffic-manager", "revoke", "s:c"))
                    .fault();
            assertEquals("there is no ConfigMap traffic-manager in namespace \"ns\"", missing.text());
        }
    }

    @Test
    void aRefusedServerIsToldAtOnceAndASilentOneWithinTheLimit() throws Exception {
        try (ServerSocket silent = new ServerSocket(0)) {
            KubeTarget slow = new KubeTarget(
                    "x", "d", Map.of("server", "http://127.0.0.1:" + silent.getLocalPort()), Map.of(), "u");
            try (ClusterGateway gateway = new ClusterGateway(ApiServer.open(slow), Duration.ofMillis(200))) {
                Fault fault =
                        assertThrows(FaultException.class, gateway::version).fault();
                assertTrue(fault.text().contains("does not answer within"), fault::text);
            }
        }
        KubeTarget gone = api.target(Map.of());
        api.close();
        try (ClusterGateway gateway = new ClusterGateway(ApiServer.open(gone), Duration.ofSeconds(20))) {
            Fault fault = assertThrows(FaultException.class, gateway::version).fault();
            assertTrue(fault.text().contains("refuses connections"), fault::text);
        }
    }

    @Test
    void bytesPassThroughThePortForwardUnchanged() throws Exception {
        manager("m");
        ApiServer server = ApiServer.open(api.target(Map.of()));
        Path socket = directory.resolve("s");
        try (ClusterGateway gateway = new ClusterGateway(server, Duration.ofSeconds(5));
                ManagerSocketProxy relay = ManagerSocketProxy.open(socket, uid(), forward(server, gateway));
                SocketChannel local = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            local.connect(UnixDomainSocketAddress.of(socket));
            byte[] sent = new byte[3 << 20];
            new Random(2).nextBytes(sent);
            Thread writer = Thread.startVirtualThread(() -> write(local, sent));
            ByteBuffer got = ByteBuffer.allocate(sent.length);
            while (got.hasRemaining() && local.read(got) >= 0) {}
            assertEquals(ByteBuffer.wrap(sent), got.flip());
            writer.join();
            assertTrue(relay.trouble().get().isEmpty());
            assertEquals("/api/v1/namespaces/ns/pods?labelSelector=app%3Dtraffic-manager - -", api.requests.take());
            assertEquals("/api/v1/namespaces/ns/pods/m/portforward?ports=8082 - -", api.requests.take());
            assertEquals("PongWebSocketFrame", api.requests.take());
            api.forwards.getFirst().close();
            assertEquals(-1, local.read(ByteBuffer.allocate(1)), "the far end has gone");
        }
    }

    @Test
    void aSuccessorOfThePodIsFoundByTheNextDial() throws Exception {
        manager("m1");
        ApiServer server = ApiServer.open(api.target(Map.of()));
        Path socket = directory.resolve("s");
        try (ClusterGateway gateway = new ClusterGateway(server, Duration.ofSeconds(5));
                ManagerSocketProxy relay = ManagerSocketProxy.open(socket, uid(), forward(server, gateway))) {
            assertEquals('x', echo(socket));
            manager("m2");
            api.answers.remove(PODS + "/m1/portforward");
            api.forwards.forEach(c -> c.close().syncUninterruptibly());
            int answered = -1;
            while (answered < 0) {
                answered = echo(socket);
            }
            assertEquals('x', answered);
            assertTrue(relay.trouble().get().isEmpty());
        }
    }

    @Test
    void aServerThatMovesIsFoundByTheNextDial() throws Exception {
        manager("m");
        List<InetAddress> at = new CopyOnWriteArrayList<>(List.of(InetAddress.ofLiteral("127.0.0.1")));
        Map<String, Object> cluster = Map.of("server", "http://api.test:" + api.port());
        ApiServer server =
                ApiServer.open(new KubeTarget("x", "default", cluster, Map.of(), "u"), name -> List.copyOf(at));
        Path socket = directory.resolve("s");
        try (ClusterGateway gateway = new ClusterGateway(server, Duration.ofSeconds(5));
                ManagerSocketProxy relay = ManagerSocketProxy.open(socket, uid(), forward(server, gateway));
                FakeApi moved = new FakeApi(null, new InetSocketAddress("127.0.0.2", api.port()))) {
            moved.answers.putAll(api.answers);
            assertEquals('x', echo(socket));
            at.set(0, InetAddress.ofLiteral("127.0.0.2"));
            api.close();
            int answered = -1;
            while (answered < 0) {
                answered = echo(socket);
            }
            assertEquals('x', answered);
            assertTrue(relay.trouble().get().isEmpty());
            assertEquals(
                    List.of(InetAddress.ofLiteral("127.0.0.2"), InetAddress.ofLiteral("127.0.0.1")),
                    server.addresses().get());
        }
    }

    @Test
    void aNameThatNoHeaderCarriesIsToldAtOnce() throws Exception {
        manager("m");
        ApiServer server = ApiServer.open(api.target(Map.of("as", "bob\nX-Other: 1")));
        Path socket = directory.resolve("s");
        try (ClusterGateway gateway = new ClusterGateway(ApiServer.open(api.target(Map.of())), Duration.ofSeconds(5));
                ManagerSocketProxy relay = ManagerSocketProxy.open(socket, uid(), forward(server, gateway))) {
            assertEquals(-1, echo(socket));
            Fault fault = relay.trouble().get().orElseThrow();
            assertTrue(fault.text().contains("no HTTP header can carry"), fault::text);
        }
    }

    @Test
    void anUnforeseenErrorEndsADial() throws Exception {
        KubeTarget target = api.target(Map.of())
                .with(new KubeTarget.Via(
                        () -> {
                            throw new IllegalStateException("unforeseen");
                        },
                        "",
                        CallerEnvironment.NONE));
        Path socket = directory.resolve("s");
        manager("m");
        try (ClusterGateway gateway = new ClusterGateway(ApiServer.open(api.target(Map.of())), Duration.ofSeconds(5));
                ManagerSocketProxy relay =
                        ManagerSocketProxy.open(socket, uid(), forward(ApiServer.open(target), gateway))) {
            assertEquals(-1, echo(socket));
            assertEquals(
                    Fault.Kind.INTERNAL, relay.trouble().get().orElseThrow().kind());
        }
    }

    @Test
    void whoMayNotForwardIsToldWhichRightIsMissing() throws Exception {
        manager("m");
        api.answers.put(PODS + "/m/portforward", new Answer(403, "{\"message\":\"no\"}"));
        ApiServer server = ApiServer.open(api.target(Map.of()));
        Path socket = directory.resolve("s");
        try (ClusterGateway gateway = new ClusterGateway(server, Duration.ofSeconds(5));
                ManagerSocketProxy relay = ManagerSocketProxy.open(socket, uid(), forward(server, gateway))) {
            assertEquals(-1, echo(socket));
            Fault fault = relay.trouble().get().orElseThrow();
            assertTrue(fault.text().contains("pods/portforward"), fault::text);
            assertTrue(fault.text().contains("namespace \"ns\""), fault::text);
            assertTrue(fault.remedy().contains("clientRbac"), fault::remedy);
        }
    }

    @Test
    void aKubeletThatTheApiServerDoesNotReachIsToldWithItsNode() throws Exception {
        manager("m");
        api.answers.put(
                PODS,
                new Answer(
                        200,
                        "{\"items\":["
                                + FakeApi.pod("m", true)
                                        .replace("\"status\":{", "\"spec\":{\"nodeName\":\"n2\"},\"status\":{")
                                + "]}"));
        api.answers.put(
                PODS + "/m/portforward",
                new Answer(500, "{\"message\":\"error dialing backend: dial tcp 10.0.0.2:10250: no route to host\"}"));
        ApiServer server = ApiServer.open(api.target(Map.of()));
        Path socket = directory.resolve("s");
        try (ClusterGateway gateway = new ClusterGateway(server, Duration.ofSeconds(5));
                ManagerSocketProxy relay = ManagerSocketProxy.open(socket, uid(), forward(server, gateway))) {
            assertEquals(-1, echo(socket));
            Fault fault = relay.trouble().get().orElseThrow();
            assertTrue(fault.text().contains("the kubelet of the node \"n2\", on which"), fault::text);
            assertTrue(fault.text().contains("pod m runs"), fault::text);
        }
    }

    private void manager(String name) {
        api.answers.put(PODS, new Answer(200, "{\"items\":[" + FakeApi.pod(name, true) + "]}"));
        api.answers.put(PODS + "/" + name + "/portforward", new Answer(101, ""));
    }

    private static PortForward forward(ApiServer server, ClusterGateway gateway) {
        return new PortForward(server, new ManagerPods(gateway, "ns"), 8082, Duration.ofSeconds(10));
    }

    private static int echo(Path socket) throws Exception {
        try (SocketChannel local = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            local.connect(UnixDomainSocketAddress.of(socket));
            local.write(ByteBuffer.wrap(new byte[] {'x'}));
            ByteBuffer one = ByteBuffer.allocate(1);
            return local.read(one) < 0 ? -1 : one.get(0);
        } catch (java.io.IOException e) {
            return -1;
        }
    }

    private static void write(SocketChannel local, byte[] bytes) {
        ByteBuffer all = ByteBuffer.wrap(bytes);
        try {
            while (all.hasRemaining()) {
                local.write(all);
            }
        } catch (java.io.IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private static long uid() throws Exception {
        return ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
    }

    private ClusterGateway gateway(Map<String, Object> user) throws FaultException {
        return new ClusterGateway(ApiServer.open(api.target(user)), Duration.ofSeconds(5));
    }

    private static void assertFault(ClusterGateway gateway, String text, String remedy) {
        Fault fault = assertThrows(FaultException.class, () -> new ManagerPods(gateway, "ns").find())
                .fault();
        assertTrue(fault.text().contains(text), fault::text);
        assertTrue(fault.remedy().contains(remedy), fault::remedy);
    }
}
