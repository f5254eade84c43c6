package io.telepresence.local;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.agree.Transport;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Far;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.RecordingHandler;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.grpc.Carrier;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class NamedSocketTest {
    @TempDir
    Path directory;

    private long own;

    @BeforeEach
    void who() throws Exception {
        own = Integer.toUnsignedLong((Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid"));
    }

    /** How a flow through that socket ends. */
    private static ResetReason through(Path socket, NamedSocket.Listeners listeners) throws Exception {
        RecordingHandler handler = new RecordingHandler(1);
        try (Carrier carrier = Carrier.open("test", new NamedSocket(socket, listeners))) {
            InetSocketAddress somewhere = new InetSocketAddress("127.0.0.1", 9);
            carrier.open(
                    Open.newBuilder()
                            .setId(new FlowKey(Transport.TCP, somewhere, somewhere).toWire())
                            .build(),
                    handler);
            return handler.reset.get(5, TimeUnit.SECONDS);
        }
    }

    @Test
    void theSocketOfWhoMayListenIsUsed() throws Exception {
        try (Far far = new Far(directory, (flow, open) -> flow.reset(ResetReason.REFUSED, "heard"))) {
            assertEquals(ResetReason.REFUSED, through(Path.of(far.address.path()), uid -> uid == own));
        }
    }

    @Test
    void anotherUsersSocketIsNotEvenConnectedTo() throws Exception {
        try (ServerSocketChannel other = listening()) {
            assertEquals(ResetReason.UNREACHABLE, through(socket(), uid -> uid == own + 1));
            other.configureBlocking(false);
            assertNull(other.accept());
        }
    }

    @Test
    void anotherProcessHearsNoByte() throws Exception {
        try (ServerSocketChannel other = listening()) {
            NamedSocket.Listeners nobody = new NamedSocket.Listeners() {
                @Override
                public boolean mayOwn(long uid) {
                    return true;
                }

                @Override
                public boolean mayListen(int pid) {
                    return pid != ProcessHandle.current().pid();
                }
            };
            assertEquals(ResetReason.UNREACHABLE, through(socket(), nobody));
            hearsNothing(other);
        }
    }

    /** Its file was given to somebody who may listen. */
    @Test
    void aListenerOfAnotherUserHearsNoByte() throws Exception {
        assumeTrue(own == 0, "not root");
        try (ServerSocketChannel other = listening()) {
            Files.setAttribute(socket(), "unix:uid", 1000);
            assertEquals(ResetReason.UNREACHABLE, through(socket(), uid -> uid == 1000));
            hearsNothing(other);
        }
    }

    private static void hearsNothing(ServerSocketChannel other) throws Exception {
        try (SocketChannel accepted = other.accept()) {
            assertTrue(accepted.read(ByteBuffer.allocate(100)) <= 0);
        }
    }

    private Path socket() {
        return directory.resolve("other.socket");
    }

    private ServerSocketChannel listening() throws Exception {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket()));
    }
}
