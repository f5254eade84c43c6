package io.telepresence.agent.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.limits.ProbeServer;
import io.telepresence.local.Loops;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The launcher's end of the socket is the test's; a process that is killed closes what it has without a word. */
@Timeout(30)
class KeptSocketsTest {
    @TempDir
    private Path directory;

    private final EventLoopGroup loops = Loops.create("kept", 1);
    private io.netty.channel.unix.Socket launcher;
    private io.netty.channel.unix.Socket agent;

    @BeforeEach
    void connect() throws Exception {
        Epoll.ensureAvailability();
        DomainSocketAddress address =
                new DomainSocketAddress(directory.resolve("s").toFile());
        io.netty.channel.unix.Socket door = io.netty.channel.unix.Socket.newSocketDomain();
        door.bind(address);
        door.listen(1);
        agent = io.netty.channel.unix.Socket.newSocketDomain();
        assertTrue(agent.connect(address));
        launcher = new io.netty.channel.unix.Socket(door.accept(new byte[26]));
        door.close();
    }

    @AfterEach
    void close() throws Exception {
        launcher.close();
        agent.close();
        Loops.shutdown(loops);
    }

    private KeptSockets told(String kept) {
        return KeptSockets.of(
                Map.of("_TEL_AGENT_KEEPER", Integer.toString(agent.intValue()), "_TEL_AGENT_KEPT_PORTS", kept));
    }

    private EpollServerSocketChannel listening() {
        EpollServerSocketChannel server = new EpollServerSocketChannel();
        server.config().setAutoRead(false);
        loops.register(server).syncUninterruptibly();
        server.bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0)).syncUninterruptibly();
        return server;
    }

    private static Socket call(InetSocketAddress address) throws Exception {
        return new Socket(address.getAddress(), address.getPort());
    }

    @Test
    void thoseWhoCallMeanwhileAreServedByTheNextProcess() throws Exception {
        KeptSockets first = told("");
        assertFalse(first.restarted());
        EpollServerSocketChannel server = listening();
        InetSocketAddress address = server.localAddress();
        assertTrue(first.take(address).isEmpty());
        first.keep(server);
        String kept = Integer.toString(launcher.recvFd());
        server.close().syncUninterruptibly();

        try (Socket waiting = call(address)) {
            KeptSockets second = told(kept);
            assertTrue(second.restarted());
            EpollServerSocketChannel again = second.take(address).orElseThrow();
            assertTrue(second.take(address).isEmpty(), "given once");
            assertEquals(address, again.localAddress());
            again.pipeline().addLast(new ChannelInboundHandlerAdapter() {
                @Override
                public void channelRead(ChannelHandlerContext context, Object accepted) {
                    SocketChannel caller = (SocketChannel) accepted;
                    loops.register(caller).addListener(_ -> caller.writeAndFlush(
                                    context.alloc().buffer().writeBytes("served".getBytes(StandardCharsets.US_ASCII)))
                            .addListener(_ -> caller.close()));
                }
            });
            loops.register(again).syncUninterruptibly();
            assertEquals("served", new String(waiting.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
        }
    }

    @Test
    void theKubeletWaitsToo() throws Exception {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        ProbeServer first = ProbeServer.open(any, loops, Map.of("/readyz", () -> true));
        InetSocketAddress address = first.address();
        told("").keep(first.socket());
        String kept = Integer.toString(launcher.recvFd());
        first.close();
        try (Socket waiting = call(address)) {
            waiting.getOutputStream().write("GET /readyz HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            try (ProbeServer again =
                    ProbeServer.open(address, told(kept).take(address), loops, Map.of("/readyz", () -> true))) {
                assertEquals(address, again.address());
                String answer = new String(waiting.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
                assertTrue(answer.startsWith("HTTP/1.1 200"), answer);
            }
        }
    }

    @Test
    void whatIsEndedRefusesAlthoughItIsKept() throws Exception {
        EpollServerSocketChannel server = listening();
        InetSocketAddress address = server.localAddress();
        told("").keep(server);
        launcher.recvFd();
        KeptSockets.end(server);
        server.close().syncUninterruptibly();
        assertThrows(ConnectException.class, () -> call(address).close());
    }

    @Test
    void withoutALauncherNothingIsKept() {
        KeptSockets nobody = KeptSockets.of(Map.of("PATH", "/bin"));
        assertFalse(nobody.restarted());
        nobody.keep(listening());
    }
}
