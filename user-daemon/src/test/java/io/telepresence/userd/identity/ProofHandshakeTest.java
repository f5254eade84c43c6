package io.telepresence.userd.identity;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.util.concurrent.Promise;
import io.telepresence.fault.FaultStatus;
import io.telepresence.identity.ConnectionProof;
import io.telepresence.identity.ProofKey;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Byte for byte what {@link ConnectionProof} wants, in whatever pieces it comes, and not a byte more is taken. */
class ProofHandshakeTest {
    private final ProofKey key = ProofKey.generate();
    private final byte[] nonce = new byte[ConnectionProof.NONCE_BYTES];
    private final Reads reads = new Reads();
    private final EmbeddedChannel channel = new EmbeddedChannel(reads);
    private final Promise<Channel> done = channel.eventLoop().newPromise();
    /** What the reader has got. */
    private final ByteArrayOutputStream got = new ByteArrayOutputStream();

    /** Counts how often somebody wants to read from the socket. */
    private static final class Reads extends ChannelOutboundHandlerAdapter {
        int count;

        @Override
        public void read(ChannelHandlerContext context) {
            count++;
        }
    }

    ProofHandshakeTest() {
        Arrays.fill(nonce, (byte) 5);
        channel.config().setAutoRead(false);
        reads.count = 0;
        ProofHandshake.start(channel, key, "ns", done);
        channel.runPendingTasks();
    }

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private byte[] sent() {
        ByteArrayOutputStream all = new ByteArrayOutputStream();
        for (ByteBuf each = channel.readOutbound(); each != null; each = channel.readOutbound()) {
            all.writeBytes(ByteBufUtil.getBytes(each));
            each.release();
        }
        return all.toByteArray();
    }

    private void receive(byte[] data) {
        channel.writeInbound(Unpooled.wrappedBuffer(data));
    }

    private void receive(String data) {
        receive(data.getBytes(StandardCharsets.US_ASCII));
    }

    /** As whoever takes the channel does. */
    private void takeOver() {
        channel.pipeline().addLast(new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                got.writeBytes(ByteBufUtil.getBytes((ByteBuf) message));
                ((ByteBuf) message).release();
            }

            @Override
            public void channelReadComplete(ChannelHandlerContext context) {
                context.read();
            }
        });
        channel.read();
    }

    private void assertProved() {
        assertTrue(done.isSuccess());
        assertSame(channel, done.getNow());
        byte[] answer = sent();
        assertEquals(ConnectionProof.SIGNATURE_BYTES, answer.length);
        assertTrue(ConnectionProof.verify("ns", nonce, key.publicKey(), answer));
        assertTrue(channel.isOpen());
    }

    private void assertRefused(String text) {
        channel.runPendingTasks();
        assertFalse(done.isSuccess());
        assertEquals(text, FaultStatus.of(done.cause()).text());
        assertFalse(channel.isOpen());
    }

    @Test
    void theKeyIsSentAndTheChallengeAnswered() {
        assertArrayEquals(ConnectionProof.hello(key.publicKey()), sent());
        assertEquals(1, reads.count);
        receive(ConnectionProof.challenge(nonce));
        assertProved();
        assertEquals(1, reads.count, "nobody reads before the next reader");
        takeOver();
        assertEquals(2, reads.count);
        receive("http/2");
        assertEquals("http/2", got.toString(StandardCharsets.US_ASCII));
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 8, 39})
    void piecesAreAsGoodAsTheWhole(int size) {
        sent();
        byte[] challenge = ConnectionProof.challenge(nonce);
        int pieces = 0;
        for (int at = 0; at < challenge.length; at += size) {
            assertFalse(done.isDone());
            receive(Arrays.copyOfRange(challenge, at, Math.min(at + size, challenge.length)));
            pieces++;
        }
        assertProved();
        assertEquals(pieces, reads.count, "it reads on as long as something is missing");
    }

    @Test
    void whatComesRightAfterTheChallengeIsForTheNextReader() {
        sent();
        byte[] settings = "settings".getBytes(StandardCharsets.US_ASCII);
        byte[] challenge = ConnectionProof.challenge(nonce);
        byte[] both = Arrays.copyOf(challenge, challenge.length + settings.length);
        System.arraycopy(settings, 0, both, challenge.length, settings.length);
        receive(both);
        receive("more");
        assertProved();
        assertNull(channel.readInbound(), "there is no reader yet");
        takeOver();
        assertEquals("settingsmore", got.toString(StandardCharsets.US_ASCII));
        receive(", and on");
        assertEquals("settingsmore, and on", got.toString(StandardCharsets.US_ASCII));
        assertTrue(reads.count >= 2, "the reader asks for more");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"H", "TPNONCE2", "\0\0\u0012\4", "TPPROOF1 and more than forty bytes, which are no challenge"})
    void whatIsNoChallengeIsToldAtOnce(String answer) {
        sent();
        receive(answer);
        assertRefused("the traffic-manager does not speak the protocol that the annotation telepresence.io/client-proof"
                + " of its pod names");
        assertEquals(0, sent().length);
    }

    @Test
    void aConnectionThatEndsMeanwhileIsTold() {
        receive("TPNO");
        channel.close();
        assertRefused("the traffic-manager closed a connection that was being proved");
    }

    @Test
    void aConnectionThatIsClosedAlreadyIsTold() {
        EmbeddedChannel dead = new EmbeddedChannel();
        dead.close();
        Promise<Channel> never = dead.eventLoop().newPromise();
        ProofHandshake.start(dead, key, "ns", never);
        dead.runPendingTasks();
        assertEquals(
                "the traffic-manager closed a connection that was being proved",
                FaultStatus.of(never.cause()).text());
    }

    @Test
    void whoWaitsNoLongerGetsNoChannel() {
        sent();
        done.setFailure(new IllegalStateException("too late"));
        channel.runPendingTasks();
        assertFalse(channel.isOpen());
        channel.pipeline().fireChannelRead(Unpooled.wrappedBuffer(ConnectionProof.challenge(nonce)));
        assertEquals(0, sent().length);
    }
}
