package io.telepresence.userd.identity;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.telepresence.fault.Fault;
import io.telepresence.identity.ConnectionProof;
import io.telepresence.identity.ProofKey;
import io.telepresence.testing.Awaits;
import io.telepresence.userd.apiserver.ManagerDialer;
import io.telepresence.userd.relay.ManagerSocketProxy;
import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Behind the socket of this machine each connection is proved, and whoever uses it sees nothing of that. */
@Timeout(60)
class ProvingDialerTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    Path directory;

    private final ProofKey key = ProofKey.generate();
    private ServerSocket far;
    private ManagerSocketProxy proxy;
    private ProvingDialer dialer;
    private volatile boolean takesProof = true;
    private volatile Fault failure;

    @BeforeEach
    void open() throws Exception {
        far = new ServerSocket();
        far.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        proxy(LONG);
    }

    private void proxy(Duration limit) throws Exception {
        dialer = new ProvingDialer(this::dial, key, "ns", limit);
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        proxy = ManagerSocketProxy.open(directory.resolve("socket"), uid, dialer);
    }

    @AfterEach
    void close() throws Exception {
        proxy.close();
        far.close();
    }

    private Future<Channel> dial(EventLoop loop) {
        Promise<Channel> done = loop.newPromise();
        if (failure != null) {
            return done.setFailure(failure.exception());
        }
        new Bootstrap()
                .group(loop)
                .channel(EpollSocketChannel.class)
                .option(ChannelOption.AUTO_READ, false)
                .handler(new ChannelInboundHandlerAdapter())
                .connect(far.getLocalSocketAddress())
                .addListener((ChannelFuture connected) -> {
                    connected.channel().attr(ManagerDialer.TAKES_PROOF).set(takesProof);
                    done.setSuccess(connected.channel());
                });
        return done;
    }

    private SocketChannel connect() throws Exception {
        SocketChannel local = SocketChannel.open(StandardProtocolFamily.UNIX);
        local.connect(UnixDomainSocketAddress.of(directory.resolve("socket")));
        return local;
    }

    private static String read(SocketChannel local, int length) throws Exception {
        ByteBuffer read = ByteBuffer.allocate(length);
        while (read.hasRemaining() && local.read(read) >= 0) {}
        return new String(read.array(), 0, read.position(), UTF_8);
    }

    private byte[] hello(Socket manager) throws Exception {
        return manager.getInputStream().readNBytes(ConnectionProof.hello(key.publicKey()).length);
    }

    @Test
    void theProofComesFirstAndNothingIsLostOnEitherSide() throws Exception {
        byte[] nonce = new byte[ConnectionProof.NONCE_BYTES];
        try (SocketChannel local = connect();
                Socket manager = far.accept()) {
            local.write(ByteBuffer.wrap("PRI * HTTP/2.0".getBytes(UTF_8)));
            assertArrayEquals(ConnectionProof.hello(key.publicKey()), hello(manager));
            ByteArrayOutputStream answer = new ByteArrayOutputStream();
            answer.writeBytes(ConnectionProof.challenge(nonce));
            answer.writeBytes("SETTINGS".getBytes(UTF_8));
            manager.getOutputStream().write(answer.toByteArray());
            byte[] signature = manager.getInputStream().readNBytes(ConnectionProof.SIGNATURE_BYTES);
            assertTrue(ConnectionProof.verify("ns", nonce, key.publicKey(), signature));
            assertEquals("PRI * HTTP/2.0", new String(manager.getInputStream().readNBytes(14), UTF_8));
            assertEquals("SETTINGS", read(local, 8));
            manager.getOutputStream().write("and on".getBytes(UTF_8));
            assertEquals("and on", read(local, 6));
            assertTrue(dialer.asked());
            manager.close();
            assertEquals("", read(local, 1));
        }
    }

    @Test
    void aManagerThatDoesNotTakeProofsHearsNothingOfThem() throws Exception {
        takesProof = false;
        try (SocketChannel local = connect();
                Socket manager = far.accept()) {
            local.write(ByteBuffer.wrap("PRI".getBytes(UTF_8)));
            assertEquals("PRI", new String(manager.getInputStream().readNBytes(3), UTF_8));
            manager.getOutputStream().write("SETTINGS".getBytes(UTF_8));
            assertEquals("SETTINGS", read(local, 8));
            assertFalse(dialer.asked());
        }
        takesProof = true;
        try (SocketChannel local = connect();
                Socket manager = far.accept()) {
            assertArrayEquals(ConnectionProof.hello(key.publicKey()), hello(manager), "its successor does");
            assertTrue(dialer.asked() && local.isOpen());
        }
    }

    @Test
    void aManagerThatSaysNothingIsLeftAfterTheLimit() throws Exception {
        proxy.close();
        proxy(Duration.ofMillis(200));
        try (SocketChannel local = connect();
                Socket manager = far.accept()) {
            hello(manager);
            assertEquals("", read(local, 1));
            assertEquals(-1, manager.getInputStream().read());
        }
        assertEquals(
                "the traffic-manager does not answer the proof of a connection within 0 s",
                proxy.trouble().get().orElseThrow().text());
    }

    @Test
    void aManagerThatHangsUpIsTold() throws Exception {
        try (SocketChannel local = connect()) {
            try (Socket manager = far.accept()) {
                hello(manager);
            }
            assertEquals("", read(local, 1));
        }
        assertEquals(
                "the traffic-manager closed a connection that was being proved",
                proxy.trouble().get().orElseThrow().text());
    }

    @Test
    void whyNobodyCanBeDialledIsTold() throws Exception {
        failure = Fault.unreachable("the API server is away", "");
        try (SocketChannel local = connect()) {
            assertEquals("", read(local, 1));
        }
        Awaits.that("the fault", () -> proxy.trouble().get().equals(java.util.Optional.of(failure)));
    }
}
