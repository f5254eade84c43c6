package io.telepresence.userd.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.fault.FaultException;
import io.telepresence.local.FreePorts;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.userd.manager.FakeProof;
import io.telepresence.userd.manager.ManagerSession;
import io.telepresence.userd.podaccess.PodAccessBroker;
import io.telepresence.userd.podaccess.PodPortForwards;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Ports into a pod that one container may use; 127.0.0.2 stands for the container, 127.0.0.3 for another one. */
@Timeout(60)
class ContainerPortForwardsTest {
    private static final String HANDLER = "127.0.0.2";
    private static final String OTHER = "127.0.0.3";

    @TempDir
    Path directory;

    private final FakePod pod = new FakePod();
    private FakeManager manager;
    private ManagerSession link;
    private static final Duration LIMIT = Duration.ofSeconds(5);

    private PodAccessBroker podAccess;

    @BeforeEach
    void open() throws Exception {
        Path socket = directory.resolve("m");
        manager = new FakeManager(socket, pod::accept);
        link = ManagerSession.open(
                socket,
                ClientArrival::getDefaultInstance,
                new ManagerSession.Limits(LIMIT, LIMIT, LIMIT),
                () -> 0,
                new FakeProof());
        link.version(Optional::empty);
        link.arrive();
        podAccess = new PodAccessBroker(link.tunnel());
    }

    @AfterEach
    void close() throws Exception {
        link.close();
        manager.close();
    }

    private PodPortForwards forwards(boolean readOnly, Port... ports) throws FaultException {
        PodPortForwards forwards =
                PodPortForwards.bind(podAccess, new PodPortForwards.Spec(List.of(ports), 0, readOnly, HANDLER));
        forwards.serve(() -> "s1:echo");
        return forwards;
    }

    private static Port port(int number, Transport transport) {
        return new Port(transport, number);
    }

    /** Says hello from that address; what came back. */
    private static String tcp(String from, int port) throws IOException {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(10_000);
            socket.bind(new InetSocketAddress(from, 0));
            socket.connect(new InetSocketAddress("127.0.0.1", port));
            socket.getOutputStream().write("hello".getBytes(StandardCharsets.UTF_8));
            socket.shutdownOutput();
            return new String(socket.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        }
    }

    private static String udp(String from, int port, int patience) throws IOException {
        try (DatagramSocket socket = new DatagramSocket(new InetSocketAddress(from, 0))) {
            socket.setSoTimeout(patience);
            byte[] hello = "hello".getBytes(StandardCharsets.UTF_8);
            socket.send(new DatagramPacket(hello, hello.length, InetAddress.getByName("127.0.0.1"), port));
            DatagramPacket answer = new DatagramPacket(new byte[100], 100);
            socket.receive(answer);
            return new String(answer.getData(), 0, answer.getLength(), StandardCharsets.UTF_8);
        }
    }

    @Test
    void onlyTheContainerGetsIn() throws Exception {
        int tcp = FreePorts.one();
        int udp = FreePorts.one();
        try (PodPortForwards forwards = forwards(true, port(tcp, Transport.TCP), port(udp, Transport.UDP))) {
            assertThrows(IOException.class, () -> tcp(OTHER, tcp));
            assertThrows(IOException.class, () -> tcp("127.0.0.1", forwards.filesPort()));
            assertThrows(SocketTimeoutException.class, () -> udp(OTHER, udp, 300));
            assertNull(pod.opens.poll(), "nobody came as far as the pod");
            assertEquals("hello", tcp(HANDLER, tcp));
            assertEquals("hello", udp(HANDLER, udp, 10_000));
        }
        assertThrows(IOException.class, () -> tcp(HANDLER, tcp));
    }

    @Test
    void filesHaveAPortOfTheirOwn() throws Exception {
        try (PodPortForwards one = forwards(true);
                PodPortForwards two = forwards(false)) {
            assertNotEquals(0, one.filesPort());
            assertNotEquals(one.filesPort(), two.filesPort());
            assertEquals("hello", tcp(HANDLER, one.filesPort()));
            Open open = pod.opens.poll(10, TimeUnit.SECONDS);
            assertEquals("s1:echo", open.getReach().getEngagementId());
            assertEquals(true, open.getReach().getFiles().getReadOnly());
            assertEquals("hello", tcp(HANDLER, two.filesPort()));
            assertEquals(
                    false,
                    pod.opens.poll(10, TimeUnit.SECONDS).getReach().getFiles().getReadOnly());
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"localhost", "a.b", "tp-dev", "1.2.3.4.5", "::g"})
    void whatIsNoAddressServesNobody(String address) {
        FaultException e = assertThrows(
                FaultException.class,
                () -> PodPortForwards.bind(podAccess, new PodPortForwards.Spec(List.of(), 0, true, address)));
        assertEquals(
                "\"" + address + "\" is not the address of a container",
                e.fault().text());
    }
}
