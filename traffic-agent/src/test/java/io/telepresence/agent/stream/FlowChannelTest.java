package io.telepresence.agent.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.telepresence.local.Loops;
import java.io.IOException;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A flow as a channel behaves as a socket does, although it lives on two loops. */
@Timeout(60)
class FlowChannelTest {
    private final EventLoopGroup flows = Loops.create("flows", 1);
    private final EventLoopGroup homes = Loops.create("homes", 1);
    private final EventLoop home = homes.next();
    private final BlockingQueue<String> events = new LinkedBlockingQueue<>();
    private FakePeer peer;

    @BeforeEach
    void open() throws Exception {
        peer = new FakePeer(flows.next(), home, new ChannelInboundHandlerAdapter() {
            @Override
            public void channelRead(ChannelHandlerContext context, Object message) {
                events.add(((ByteBuf) message).toString(US_ASCII));
                ((ByteBuf) message).release();
            }

            @Override
            public void userEventTriggered(ChannelHandlerContext context, Object event) {
                if (event == ChannelInputShutdownEvent.INSTANCE) {
                    events.add("ended");
                }
            }

            @Override
            public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
                events.add(cause instanceof IOException ? "reset" : cause.toString());
            }

            @Override
            public void channelInactive(ChannelHandlerContext context) {
                events.add("closed");
            }
        });
    }

    @AfterEach
    void close() {
        Loops.shutdown(homes);
        Loops.shutdown(flows);
    }

    private String next() throws InterruptedException {
        return events.poll(30, TimeUnit.SECONDS);
    }

    private void settle() throws Exception {
        for (int i = 0; i < 3; i++) {
            flows.submit(() -> {}).get(30, TimeUnit.SECONDS);
            home.submit(() -> {}).get(30, TimeUnit.SECONDS);
        }
    }

    private static ByteBuf bytes(String text) {
        return Unpooled.copiedBuffer(text, US_ASCII);
    }

    @Test
    void itReadsOneBufferForEachTimeItIsAsked() throws Exception {
        peer.says("a");
        peer.says("b");
        settle();
        assertNull(events.peek(), "nobody asked");
        peer.channel.read();
        assertEquals("a", next());
        settle();
        assertNull(events.peek(), "asked once");
        peer.channel.read();
        assertEquals("b", next());
    }

    @Test
    void theEndOfThePeerIsSeenAfterItsBytesAndWritingGoesOn() throws Exception {
        peer.takes(10);
        peer.says("last");
        peer.finishes();
        settle();
        assertNull(events.peek(), "the end is behind bytes that nobody has read");
        peer.channel.read();
        assertEquals("last", next());
        assertEquals("ended", next());
        assertTrue(peer.channel.isActive());
        peer.channel.writeAndFlush(bytes("answer")).sync();
        peer.channel.shutdownOutput().sync();
        peer.ends("finished");
        assertEquals("answer", peer.heard());
    }

    @Test
    void aResetOfThePeerIsAnErrorAndThenTheEnd() throws Exception {
        peer.says("never read");
        settle();
        peer.resets();
        assertEquals("reset", next());
        assertEquals("closed", next());
        ByteBuf late = bytes("late");
        assertFalse(peer.channel.writeAndFlush(late).await().isSuccess());
        assertEquals(0, late.refCnt());
    }

    @Test
    void whatWasWrittenBeforeClosingArrives() throws Exception {
        peer.takes(2000);
        StringBuilder sent = new StringBuilder();
        for (int i = 0; i < 1000; i++) {
            String piece = i + " ";
            sent.append(piece);
            peer.channel.write(bytes(piece));
        }
        peer.channel.flush();
        peer.channel.close();
        peer.ends("finished");
        assertEquals(sent.toString(), peer.heard());
        assertEquals("closed", next());
    }

    @Test
    void closingWithoutLingerIsAReset() throws Exception {
        peer.takes(10);
        home.submit(() -> Sockets.reset(peer.channel)).get(30, TimeUnit.SECONDS);
        peer.ends("reset");
    }

    @Test
    void aPeerThatGoesOnAfterItWasClosedIsReset() throws Exception {
        peer.takes(10);
        peer.channel.close().sync();
        peer.ends("finished");
        peer.says("more");
        peer.ends("reset");
    }

    @Test
    void bytesOfTwoLoopsKeepTheirOrder() throws Exception {
        peer.takes(100_000);
        StringBuilder sent = new StringBuilder();
        StringBuilder said = new StringBuilder();
        for (int i = 0; i < 2000; i++) {
            sent.append(i).append(' ');
            said.append(i).append(' ');
            peer.channel.writeAndFlush(bytes(i + " "));
            peer.says(i + " ");
            peer.channel.read();
        }
        peer.finishes();
        StringBuilder got = new StringBuilder();
        for (String event = next(); !"ended".equals(event); event = next()) {
            got.append(event);
            peer.channel.read();
        }
        assertEquals(said.toString(), got.toString());
        peer.channel.shutdownOutput();
        peer.ends("finished");
        assertEquals(sent.toString(), peer.heard());
    }

    @Test
    void whenTheFlowsLoopHasEndedNothingIsKept() throws Exception {
        Loops.shutdown(flows);
        ByteBuf data = bytes("lost");
        peer.channel.writeAndFlush(data).await();
        peer.channel.close().await();
        assertEquals(0, data.refCnt());
    }
}
