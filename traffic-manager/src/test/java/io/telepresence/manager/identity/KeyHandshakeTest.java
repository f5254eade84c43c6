package io.telepresence.manager.identity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.netty.channel.embedded.EmbeddedChannel;
import io.telepresence.identity.ConnectionProof;
import io.telepresence.identity.ProofKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What connections say before HTTP/2, in every cut. */
class KeyHandshakeTest {
    private static final byte[] PREFACE = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".getBytes(StandardCharsets.US_ASCII);
    private static final String NAMESPACE = "ambassador";

    private final ConnectionKeys keys =
            new ConnectionKeys(NAMESPACE, new ConnectionKeys.Limits(3, Duration.ofSeconds(10)));
    private final ProofKey key = ProofKey.generate();
    private int port = 1;

    private final class Connection extends EmbeddedChannel {
        private final SocketAddress peer = new InetSocketAddress(InetAddress.getLoopbackAddress(), port++);

        @Override
        protected SocketAddress remoteAddress0() {
            return peer;
        }

        void says(byte[] bytes) {
            writeInbound(Unpooled.wrappedBuffer(bytes));
        }

        byte[] sent() {
            return all(outboundMessages());
        }

        /** What HTTP/2 got. */
        byte[] passedOn() {
            return all(inboundMessages());
        }

        private byte[] all(Iterable<Object> messages) {
            ByteBuf whole = Unpooled.buffer();
            messages.forEach(m -> whole.writeBytes(((ByteBuf) m).duplicate()));
            return ByteBufUtil.getBytes(whole);
        }

        byte[] challenge() {
            byte[] sent = sent();
            assertEquals(40, sent.length);
            assertEquals(ConnectionProof.CHALLENGE, new String(sent, 0, 8, StandardCharsets.US_ASCII));
            outboundMessages().clear();
            return Arrays.copyOfRange(sent, 8, 40);
        }
    }

    private Connection accepted() {
        Connection connection = new Connection();
        keys.accept(connection);
        return connection;
    }

    private static byte[] joined(byte[] one, byte[] other) {
        return ByteBufUtil.getBytes(Unpooled.wrappedBuffer(one, other));
    }

    private void assertClosed(Connection connection) {
        assertFalse(connection.isOpen());
        assertEquals("", keys.of(connection.peer));
        assertEquals(0, connection.passedOn().length);
        assertEquals(0, keys.undecided());
    }

    @Test
    void whoBeginsWithHttpHasNoKeyAndLosesNothing() {
        Connection connection = accepted();
        ChannelFuture settings = connection.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1, 2}));
        assertEquals(0, connection.sent().length);
        connection.says(PREFACE);
        assertArrayEquals(PREFACE, connection.passedOn());
        assertArrayEquals(new byte[] {1, 2}, connection.sent());
        assertTrue(settings.isSuccess());
        assertEquals("", keys.of(connection.peer));
        assertEquals(0, keys.undecided());
        assertNull(connection.pipeline().get(KeyHandshake.class));
    }

    @Test
    void whoSharesTheBeginningOfTheWordHasNoKeyEither() {
        Connection connection = accepted();
        connection.says("TPP".getBytes(StandardCharsets.US_ASCII));
        assertEquals(0, connection.passedOn().length);
        connection.says("X".getBytes(StandardCharsets.US_ASCII));
        assertEquals("TPPX", new String(connection.passedOn(), StandardCharsets.US_ASCII));
    }

    @Test
    void aProofInOnePieceAndHttpInTheSameRead() {
        Connection connection = accepted();
        connection.writeOutbound(Unpooled.wrappedBuffer(new byte[] {1}));
        connection.says(ConnectionProof.hello(key.publicKey()));
        byte[] nonce = connection.challenge();
        connection.writeOutbound(Unpooled.wrappedBuffer(new byte[] {2}));
        assertEquals(0, connection.sent().length, "held until it is decided");
        connection.says(joined(key.answer(NAMESPACE, nonce), PREFACE));
        assertArrayEquals(PREFACE, connection.passedOn());
        assertArrayEquals(new byte[] {1, 2}, connection.sent());
        assertEquals(ConnectionKeys.fingerprint(key.publicKey()), keys.of(connection.peer));
        assertNull(connection.pipeline().get(KeyHandshake.class));
        connection.advanceTimeBy(1, TimeUnit.HOURS);
        connection.runScheduledPendingTasks();
        assertTrue(connection.isOpen());
        connection.close();
        assertEquals("", keys.of(connection.peer));
        assertEquals(0, keys.proved());
    }

    @Test
    void anAddressThatIsUsedAgainHasNotTheKeyOfBefore() {
        Connection before = accepted();
        before.says(ConnectionProof.hello(key.publicKey()));
        before.says(key.answer(NAMESPACE, before.challenge()));
        port--;
        Connection next = accepted();
        assertEquals(before.peer, next.peer);
        next.says(PREFACE);
        assertEquals("", keys.of(next.peer));
        assertNotEquals("", keys.of(before.peer), "it is open still");
        assertEquals(Set.of(ConnectionKeys.fingerprint(key.publicKey())), keys.keys());
        before.close();
        assertEquals(Set.of(), keys.keys());
    }

    @Test
    void aProofInSingleBytes() {
        Connection connection = accepted();
        for (byte b : ConnectionProof.hello(key.publicKey())) {
            assertEquals(0, connection.sent().length);
            connection.says(new byte[] {b});
        }
        byte[] nonce = connection.challenge();
        for (byte b : key.answer(NAMESPACE, nonce)) {
            assertEquals("", keys.of(connection.peer));
            connection.says(new byte[] {b});
        }
        assertNotEquals("", keys.of(connection.peer));
        assertEquals(0, connection.passedOn().length);
        connection.says(PREFACE);
        assertArrayEquals(PREFACE, connection.passedOn());
    }

    @Test
    void eachConnectionIsAskedSomethingElse() {
        Connection one = accepted();
        Connection other = accepted();
        one.says(ConnectionProof.hello(key.publicKey()));
        other.says(ConnectionProof.hello(key.publicKey()));
        byte[] answer = key.answer(NAMESPACE, one.challenge());
        other.says(answer);
        assertFalse(other.isOpen(), "a signature that was heard on another connection");
        one.says(answer);
        assertTrue(one.isOpen());
    }

    @Test
    void aBadSignatureClosesIt() {
        Connection connection = accepted();
        ChannelFuture settings = connection.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1}));
        connection.says(ConnectionProof.hello(key.publicKey()));
        byte[] nonce = connection.challenge();
        byte[] bad = key.answer(NAMESPACE, nonce);
        bad[40] ^= 1;
        connection.says(joined(bad, PREFACE));
        assertClosed(connection);
        assertEquals(0, connection.sent().length);
        assertFalse(settings.isSuccess());
        assertTrue(settings.isDone());
    }

    @Test
    void aSignatureForAnotherManagerOrOfAnotherKeyClosesIt() {
        Connection relayed = accepted();
        relayed.says(ConnectionProof.hello(key.publicKey()));
        relayed.says(key.answer("elsewhere", relayed.challenge()));
        assertClosed(relayed);
        Connection other = accepted();
        other.says(ConnectionProof.hello(key.publicKey()));
        other.says(ProofKey.generate().answer(NAMESPACE, other.challenge()));
        assertClosed(other);
    }

    @Test
    void httpBeforeTheSignatureClosesIt() {
        Connection connection = accepted();
        connection.says(joined(ConnectionProof.hello(key.publicKey()), joined(PREFACE, new byte[64])));
        assertClosed(connection);
    }

    @Test
    void aKeyThatIsNoneClosesIt() {
        Connection empty = accepted();
        empty.says(ConnectionProof.hello(new byte[0]));
        assertClosed(empty);
        Connection huge = accepted();
        huge.says(ConnectionProof.hello(new byte[ConnectionProof.MOST_KEY_BYTES + 1]));
        assertClosed(huge);
        Connection garbage = accepted();
        garbage.says(ConnectionProof.hello(new byte[91]));
        garbage.says(new byte[64]);
        assertClosed(garbage);
    }

    @Test
    void whoSaysNothingIsClosedAfterTenSeconds() {
        Connection silent = accepted();
        silent.advanceTimeBy(9, TimeUnit.SECONDS);
        silent.runScheduledPendingTasks();
        assertTrue(silent.isOpen());
        silent.advanceTimeBy(2, TimeUnit.SECONDS);
        silent.runScheduledPendingTasks();
        assertClosed(silent);
        Connection half = accepted();
        half.says(ConnectionProof.hello(key.publicKey()));
        half.advanceTimeBy(11, TimeUnit.SECONDS);
        half.runScheduledPendingTasks();
        assertClosed(half);
    }

    @Test
    void ofTooManyTheOldestGoes() {
        List<Connection> connections = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            connections.add(accepted());
        }
        assertFalse(connections.getFirst().isOpen());
        assertEquals(3, keys.undecided());
        connections.get(1).says(PREFACE);
        accepted();
        assertTrue(connections.get(2).isOpen());
    }

    @Test
    void tooMuchIsNotHeld() {
        Connection connection = accepted();
        for (int i = 0; i < 65; i++) {
            connection.writeAndFlush(Unpooled.wrappedBuffer(new byte[] {1}));
        }
        assertClosed(connection);
    }

    @Test
    void theConnectionsOfAKeyAreClosed() {
        Connection mine = accepted();
        mine.says(ConnectionProof.hello(key.publicKey()));
        mine.says(key.answer(NAMESPACE, mine.challenge()));
        Connection other = accepted();
        ProofKey another = ProofKey.generate();
        other.says(ConnectionProof.hello(another.publicKey()));
        other.says(another.answer(NAMESPACE, other.challenge()));
        keys.close(ConnectionKeys.fingerprint(key.publicKey()));
        assertFalse(mine.isOpen());
        assertTrue(other.isOpen());
        assertEquals(1, keys.proved());
    }
}
