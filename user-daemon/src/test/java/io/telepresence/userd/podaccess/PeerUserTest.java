package io.telepresence.userd.podaccess;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.telepresence.local.Loops;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** A port that leads into a pod serves its user; other users of this machine do not get in by guessing. */
@Timeout(60)
class PeerUserTest {
    private static final String HEAD =
            "  sl  local_address rem_address   st tx_queue rx_queue tr tm->when retrnsmt   uid  timeout inode";

    private static String line(String from, String to, long uid, long inode) {
        return "   1: " + from + " " + to + " 01 00000000:00000000 00:00000000 00000000  " + uid + "        0 " + inode
                + " 1 0000000000000000 20 4 30 10 -1";
    }

    @ParameterizedTest
    @CsvSource({
        // The accepted end has the same two addresses the other way round: it is not the caller.
        "0100007F:1F90, 0100007F:C350, 1000, 7, -1",
        "0100007F:C350, 0100007F:1F90, 1000, 7, 1000",
        "0100007F:C350, 0100007F:1F90, 0, 7, 0",
        // In the table of IPv6 an IPv4 address has zeros before it.
        "0000000000000000FFFF00000100007F:C350, 0000000000000000FFFF00000100007F:1F90, 1000, 7, 1000",
        // Closed by its owner: the kernel shows it as root's, who would be let in.
        "0100007F:C350, 0100007F:1F90, 0, 0, -1",
        // Other ports, other addresses.
        "0100007F:C351, 0100007F:1F90, 1000, 7, -1",
        "0100007F:C350, 0100007F:1F91, 1000, 7, -1",
        "0200007F:C350, 0100007F:1F90, 1000, 7, -1"
    })
    void theOwnerIsThatOfTheCallersEnd(String from, String to, long uid, long inode, long owner) {
        OptionalLong found = PeerUser.owner(Stream.of(HEAD, line(from, to, uid, inode)), 50_000, 8080);
        assertEquals(owner < 0 ? OptionalLong.empty() : OptionalLong.of(owner), found);
    }

    @Test
    void aTableThatIsCutOffNamesNobody() {
        String line = line("0100007F:C350", "0100007F:1F90", 1000, 7);
        assertEquals(
                OptionalLong.empty(),
                PeerUser.owner(Stream.of("", line.substring(0, line.indexOf("1000"))), 50_000, 8080));
    }

    @Test
    void aConnectionOfThisProcessIsItsUsersAndWhoHasGoneIsNobody() throws Exception {
        EventLoopGroup loops = Loops.create("peer-test", 1);
        try {
            CompletableFuture<Channel> accepted = new CompletableFuture<>();
            Channel server = new ServerBootstrap()
                    .group(loops)
                    .channel(EpollServerSocketChannel.class)
                    .childHandler(new ChannelInitializer<EpollSocketChannel>() {
                        @Override
                        protected void initChannel(EpollSocketChannel channel) {
                            accepted.complete(channel);
                        }
                    })
                    .bind(new InetSocketAddress(InetAddress.getByAddress(new byte[] {127, 0, 0, 1}), 0))
                    .sync()
                    .channel();
            PeerUser own = PeerUser.ofThisProcess();
            Channel channel;
            try (Socket caller = new Socket("127.0.0.1", ((InetSocketAddress) server.localAddress()).getPort())) {
                channel = accepted.get(30, TimeUnit.SECONDS);
                assertTrue(own.owns(channel), caller::toString);
                // Root gets in everywhere.
                assertEquals(own.uid() == 0, new PeerUser(own.uid() + 1).owns(channel));
            }
            channel.close().sync();
            assertFalse(own.owns(channel));
        } finally {
            Loops.shutdown(loops);
        }
    }
}
