package io.telepresence.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.telepresence.local.Loops;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class ConnectionLimitsTest {
    private static final Duration LONG = Duration.ofMinutes(1);

    private final EventLoopGroup loops = Loops.create("test", 1);
    private final List<Socket> sockets = new ArrayList<>();
    private ConnectionLimits limits;
    private InetSocketAddress address;

    /** Echoes; a byte "T" makes the connection trusted. */
    private void listen(ConnectionLimits.Limits bounds) {
        limits = new ConnectionLimits(bounds);
        address = (InetSocketAddress) new ServerBootstrap()
                .group(loops)
                .channelFactory(limits.sockets())
                .childHandler(new ChannelInitializer<Channel>() {
                    @Override
                    protected void initChannel(Channel caller) {
                        caller.pipeline().addLast(new Echo());
                    }
                })
                .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
                .syncUninterruptibly()
                .channel()
                .localAddress();
    }

    private final class Echo extends SimpleChannelInboundHandler<ByteBuf> {
        @Override
        protected void channelRead0(ChannelHandlerContext context, ByteBuf data) {
            if (data.getByte(data.readerIndex()) == 'T') {
                limits.of(context.channel().remoteAddress()).orElseThrow().trust();
            }
            context.writeAndFlush(data.retain());
        }
    }

    private Socket connect(String from) throws IOException {
        Socket socket = new Socket(address.getAddress(), address.getPort(), InetAddress.ofLiteral(from), 0);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(5_000);
        sockets.add(socket);
        return socket;
    }

    private static int say(Socket socket, String text) throws IOException {
        socket.getOutputStream().write(text.getBytes(StandardCharsets.US_ASCII));
        byte[] echo = socket.getInputStream().readNBytes(text.length());
        return echo.length == 0 ? -1 : echo[0];
    }

    @AfterEach
    void close() throws IOException {
        for (Socket socket : sockets) {
            socket.close();
        }
        Loops.shutdown(loops);
    }

    @Test
    void aFloodCostsTheFlooderAndNobodyElse() throws Exception {
        listen(new ConnectionLimits.Limits(8, 100, 500, 1, LONG));
        Socket other = connect("127.0.0.2");
        assertEquals('a', say(other, "a"));
        Socket known = connect("127.0.0.3");
        assertEquals('T', say(known, "T"));
        for (int i = 0; i < 50; i++) {
            assertEquals('a', say(connect("127.0.0.4"), "a"));
            assertTrue(limits.strangers() <= 8, "strangers: " + limits.strangers());
        }
        assertEquals('b', say(other, "b"));
        assertEquals('b', say(known, "b"));
        assertEquals('b', say(sockets.getLast(), "b"));
        assertThrows(SocketException.class, () -> say(sockets.get(2), "b"));
    }

    @Test
    void whoSendsTooMuchIsCutUnlessTrusted() throws Exception {
        listen(new ConnectionLimits.Limits(8, 100, 500, 1, LONG));
        Socket known = connect("127.0.0.1");
        assertEquals('T', say(known, "T"));
        assertEquals('a', say(known, "a".repeat(1000)));
        Socket stranger = connect("127.0.0.1");
        assertThrows(SocketException.class, () -> say(stranger, "a".repeat(1000)));
    }

    @Test
    void whatAllHaveSentIsBounded() throws Exception {
        listen(new ConnectionLimits.Limits(8, 100, 200, 1, LONG));
        Socket other = connect("127.0.0.2");
        assertEquals('a', say(other, "a".repeat(50)));
        for (int i = 0; i < 3; i++) {
            assertEquals('a', say(connect("127.0.0.4"), "a".repeat(70)));
        }
        assertEquals('b', say(other, "b"));
        assertEquals('b', say(sockets.getLast(), "b"));
        assertThrows(SocketException.class, () -> say(sockets.get(1), "b"));
    }

    @Test
    void whoTakesTooLongIsCutUnlessTrusted() throws Exception {
        listen(new ConnectionLimits.Limits(8, 100, 500, 1, Duration.ofMillis(300)));
        Socket known = connect("127.0.0.1");
        assertEquals('T', say(known, "T"));
        Socket stranger = connect("127.0.0.1");
        assertThrows(SocketException.class, () -> stranger.getInputStream().read());
        assertEquals('a', say(known, "a"));
        assertEquals(0, limits.strangers());
    }

    @Test
    void aProbeIsAnsweredAmongSilentStrangers() throws Exception {
        try (ProbeServer server = ProbeServer.open(
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loops, Map.of("/good", () -> true))) {
            address = server.address();
            for (int i = 0; i < 300; i++) {
                connect("127.0.0.4");
            }
            Socket probe = connect("127.0.0.2");
            probe.getOutputStream().write("GET /good HTTP/1.1\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            String answer = new String(probe.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
            assertTrue(answer.startsWith("HTTP/1.1 200 "), answer);
        }
    }
}
