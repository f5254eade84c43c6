package io.telepresence.userd.relay;

import static java.nio.charset.StandardCharsets.UTF_8;
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
import io.telepresence.testing.Awaits;
import io.telepresence.userd.apiserver.ManagerDialer;
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
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What comes at the socket goes to the manager, and back; both ends go together. */
@Timeout(60)
class ManagerSocketProxyTest {
    @TempDir
    Path directory;

    private Path path;
    private ServerSocket far;
    private FakeDialer dialer;
    private ManagerSocketProxy proxy;

    /** Dials when a test tells it to. */
    private final class FakeDialer implements ManagerDialer {
        private record Dial(EventLoop loop, Promise<Channel> done) {}

        private final BlockingQueue<Dial> dials = new LinkedBlockingQueue<>();

        @Override
        public Future<Channel> dial(EventLoop loop) {
            Dial dial = new Dial(loop, loop.newPromise());
            dials.add(dial);
            return dial.done();
        }

        Dial take() throws InterruptedException {
            return dials.poll(30, TimeUnit.SECONDS);
        }

        Socket connect(Dial dial) throws Exception {
            new Bootstrap()
                    .group(dial.loop())
                    .channel(EpollSocketChannel.class)
                    .option(ChannelOption.AUTO_READ, false)
                    .handler(new ChannelInboundHandlerAdapter())
                    .connect(far.getLocalSocketAddress())
                    .addListener((ChannelFuture done) -> dial.done().setSuccess(done.channel()));
            return far.accept();
        }
    }

    @BeforeEach
    void open() throws Exception {
        path = directory.resolve("manager.socket");
        far = new ServerSocket();
        far.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0));
        dialer = new FakeDialer();
        long uid = ((Number) Files.getAttribute(directory, "unix:uid")).longValue();
        proxy = ManagerSocketProxy.open(path, uid, dialer);
    }

    @AfterEach
    void close() throws Exception {
        proxy.close();
        far.close();
    }

    private SocketChannel connect() throws Exception {
        SocketChannel local = SocketChannel.open(StandardProtocolFamily.UNIX);
        local.connect(UnixDomainSocketAddress.of(path));
        return local;
    }

    private static void write(SocketChannel to, byte[] data) throws Exception {
        ByteBuffer buffer = ByteBuffer.wrap(data);
        while (buffer.hasRemaining()) {
            to.write(buffer);
        }
    }

    /** The loop has looked at its sockets, and done what it had to do. */
    private static void settle(EventLoop loop) throws Exception {
        for (int i = 0; i < 10; i++) {
            loop.submit(() -> {}).get(30, TimeUnit.SECONDS);
        }
    }

    @Test
    void onlyItsOwnerMayUseIt() throws Exception {
        assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        proxy.close();
        assertFalse(Files.exists(path));
    }

    @Test
    void bytesPassBothWaysAndTheEndOfOneIsTheEndOfTheOther() throws Exception {
        byte[] sent = new byte[3 << 20];
        new Random(1).nextBytes(sent);
        try (SocketChannel local = connect();
                Socket manager = dialer.connect(dialer.take())) {
            Thread writer = Thread.startVirtualThread(() -> {
                try {
                    write(local, sent);
                } catch (Exception e) {
                    throw new IllegalStateException(e);
                }
            });
            assertEquals(
                    ByteBuffer.wrap(sent),
                    ByteBuffer.wrap(manager.getInputStream().readNBytes(sent.length)));
            writer.join();
            manager.getOutputStream().write("answer".getBytes(UTF_8));
            ByteBuffer answer = ByteBuffer.allocate(6);
            while (answer.hasRemaining() && local.read(answer) >= 0) {}
            assertEquals("answer", new String(answer.array(), UTF_8));
            manager.close();
            assertEquals(-1, local.read(ByteBuffer.allocate(1)));
        }
    }

    @Test
    void whatAPeerSaidBeforeItLeftArrivesThoughTheDialTookLonger() throws Exception {
        FakeDialer.Dial dial;
        try (SocketChannel local = connect()) {
            dial = dialer.take();
            write(local, "goodbye".getBytes(UTF_8));
        }
        settle(dial.loop());
        try (Socket manager = dialer.connect(dial)) {
            assertEquals("goodbye", new String(manager.getInputStream().readAllBytes(), UTF_8));
        }
    }

    @Test
    void whatIsSaidBeforeTheDialIsDoneWaits() throws Exception {
        try (SocketChannel local = connect()) {
            FakeDialer.Dial dial = dialer.take();
            write(local, "early".getBytes(UTF_8));
            settle(dial.loop());
            try (Socket manager = dialer.connect(dial)) {
                assertEquals("early", new String(manager.getInputStream().readNBytes(5), UTF_8));
            }
        }
    }

    @Test
    void aDialThatFailsClosesTheConnectionAndIsToldUntilOneWorks() throws Exception {
        Fault fault = Fault.unreachable("the API server is away", "");
        try (SocketChannel local = connect()) {
            dialer.take().done().setFailure(fault.exception());
            assertEquals(-1, local.read(ByteBuffer.allocate(1)));
        }
        assertEquals(fault, proxy.trouble().get().orElseThrow());
        try (SocketChannel local = connect();
                Socket manager = dialer.connect(dialer.take())) {
            Awaits.that("no trouble", () -> proxy.trouble().get().isEmpty());
            assertTrue(local.isConnected() && manager.isConnected());
        }
    }

    @Test
    void whatIsOpenIsCutAtTheEnd() throws Exception {
        try (SocketChannel local = connect();
                Socket manager = dialer.connect(dialer.take())) {
            write(local, "x".getBytes(UTF_8));
            assertEquals('x', manager.getInputStream().read());
            proxy.close();
            assertEquals(-1, local.read(ByteBuffer.allocate(1)));
            assertEquals(-1, manager.getInputStream().read());
        }
    }
}
