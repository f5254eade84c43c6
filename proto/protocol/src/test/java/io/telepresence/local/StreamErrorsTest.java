package io.telepresence.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.netty.bootstrap.Bootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.unix.IntegerUnixChannelOption;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A stream whose error stays is closed; else its loop would spin on it. */
@Timeout(60)
class StreamErrorsTest {
    /** Of Linux: everything sent leaves a note in the socket's error queue, as a refusal by ICMP does. */
    private static final IntegerUnixChannelOption SO_TIMESTAMPING = new IntegerUnixChannelOption("timestamps", 1, 37);

    private static final int TX_SOFTWARE = 1 << 1 | 1 << 4;
    private static final int NO_NAMESPACE = 77;

    private final EventLoopGroup group = Loops.create("stream-errors", 1);

    @AfterEach
    void shutdown() {
        Loops.shutdown(group);
    }

    @Test
    void anErrorThatNobodyTakesAwayEndsTheConnection() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Channel channel = bootstrap()
                    .option(SO_TIMESTAMPING, TX_SOFTWARE)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])).sync();
            assertTrue(channel.closeFuture().await(10, TimeUnit.SECONDS), "still open");
        }
    }

    /** With nothing to write or read, Netty would never see it. */
    @Test
    void aResetAfterTheEndOfInputEndsTheConnection() throws Exception {
        try (var server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            Channel channel = bootstrap()
                    .option(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .connect(server.getLocalSocketAddress())
                    .sync()
                    .channel();
            try (Socket peer = server.accept()) {
                peer.shutdownOutput();
                peer.setSoLinger(true, 0);
                // What the peer leaves unread makes its close a reset; our byte follows its FIN.
                channel.writeAndFlush(Unpooled.wrappedBuffer(new byte[1])).sync();
            }
            assertTrue(channel.closeFuture().await(10, TimeUnit.SECONDS), "still open");
        }
    }

    /**
     * In a network namespace where every connect is refused by ICMP, as by kube-proxy for a Service without endpoints:
     * the kernel goes on connecting, and nobody but us closes the channel.
     */
    @Test
    void aConnectRefusedByIcmpIsClosedAtOnce() throws Exception {
        String refuse = "ip link set lo up && nft 'add table ip t' && nft 'add chain ip t out"
                + " { type filter hook output priority 0; }' && nft 'add rule ip t out tcp dport 8081"
                + " reject with icmp type port-unreachable' || exit " + NO_NAMESPACE + "; exec \"$0\" \"$@\"";
        Process child = new ProcessBuilder(
                        "sh",
                        "-c",
                        "unshare -rn true || exit " + NO_NAMESPACE + "; exec unshare -rn sh -c \"$0\" \"$@\"",
                        refuse,
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-XX:TieredStopAtLevel=1",
                        "-Dlogback.configurationFile=protocol-logback.xml",
                        "-cp",
                        System.getProperty("java.class.path"),
                        RefusedConnect.class.getName())
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String said = new String(child.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assumeTrue(child.waitFor() != NO_NAMESPACE, "no network namespace with nft here");
        assertEquals("java.net.ConnectException, closed", said.strip());
    }

    private Bootstrap bootstrap() {
        return new Bootstrap()
                .group(group)
                .channel(EpollSocketChannel.class)
                .handler(new ChannelInboundHandlerAdapter() {
                    @Override
                    public boolean isSharable() {
                        return true;
                    }
                });
    }
}
