package io.telepresence.userd.apiserver;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.handler.codec.http.websocketx.BinaryWebSocketFrame;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.ContinuationWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PingWebSocketFrame;
import io.netty.handler.codec.http.websocketx.PongWebSocketFrame;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Of a port-forward's frames the reader gets the data of its port, whole and in order, and nothing else. */
class ForwardCodecTest {
    private final EmbeddedChannel channel = new EmbeddedChannel(new ForwardCodec());

    @AfterEach
    void close() {
        channel.finishAndReleaseAll();
    }

    private static BinaryWebSocketFrame frame(int number, String text) {
        return new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {(byte) number}, text.getBytes(UTF_8)));
    }

    /** What says which port the channel is of. */
    private static BinaryWebSocketFrame port(int number) {
        return new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {(byte) number, 1, 2}));
    }

    private String read() {
        ByteBuf data = channel.readInbound();
        if (data == null) {
            return null;
        }
        String text = data.toString(UTF_8);
        data.release();
        return text;
    }

    private void begun() {
        channel.writeInbound(port(0), port(1));
        assertNull(read());
    }

    @Test
    void theFirstFrameOfEachChannelIsTheNumberOfItsPort() {
        begun();
        channel.writeInbound(frame(0, "data"));
        assertEquals("data", read());
        assertTrue(channel.isOpen());
    }

    @Test
    void dataMayComeWithThePortInOneFrame() {
        channel.writeInbound(new BinaryWebSocketFrame(Unpooled.wrappedBuffer(new byte[] {0, 1, 2, 'h', 'i'})));
        assertEquals("hi", read());
    }

    @Test
    void aFrameInPartsIsOfTheChannelOfItsFirstPart() {
        begun();
        channel.writeInbound(
                new BinaryWebSocketFrame(false, 0, Unpooled.wrappedBuffer(new byte[] {0, 'a'})),
                new ContinuationWebSocketFrame(false, 0, Unpooled.copiedBuffer("bc", UTF_8)),
                new ContinuationWebSocketFrame(true, 0, Unpooled.copiedBuffer("d", UTF_8)));
        assertEquals("a", read());
        assertEquals("bc", read());
        assertEquals("d", read());
    }

    @Test
    void anErrorEndsTheConnection() {
        begun();
        channel.writeInbound(frame(1, "connection refused"));
        assertNull(read());
        assertFalse(channel.isOpen());
    }

    @Test
    void emptyFramesAreNothing() {
        begun();
        channel.writeInbound(frame(0, ""), frame(1, ""), new BinaryWebSocketFrame(Unpooled.EMPTY_BUFFER));
        assertNull(read());
        assertTrue(channel.isOpen());
        channel.writeInbound(frame(0, "data"));
        assertEquals("data", read());
    }

    @Test
    void aPingIsAnsweredWithItsOwnContent() {
        channel.writeInbound(new PingWebSocketFrame(Unpooled.copiedBuffer("are you there", UTF_8)));
        PongWebSocketFrame pong = assertInstanceOf(PongWebSocketFrame.class, channel.readOutbound());
        assertEquals("are you there", pong.content().toString(UTF_8));
        pong.release();
        channel.writeInbound(new PongWebSocketFrame());
        assertNull(read());
    }

    @Test
    void theServersGoodbyeIsTheEnd() {
        channel.writeInbound(new CloseWebSocketFrame());
        assertFalse(channel.isOpen());
    }

    @Test
    void whatIsSentGoesToTheDataChannel() {
        channel.writeOutbound(Unpooled.copiedBuffer("out", UTF_8));
        BinaryWebSocketFrame sent = assertInstanceOf(BinaryWebSocketFrame.class, channel.readOutbound());
        assertArrayEquals(new byte[] {0, 'o', 'u', 't'}, ByteBufUtil.getBytes(sent.content()));
        sent.release();
    }

    @Test
    void anErrorOfTheConnectionClosesIt() {
        channel.pipeline().fireExceptionCaught(new java.io.IOException("reset"));
        assertFalse(channel.isOpen());
    }
}
