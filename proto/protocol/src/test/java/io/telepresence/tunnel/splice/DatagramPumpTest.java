package io.telepresence.tunnel.splice;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.Channel;
import io.telepresence.agree.Transport;
import io.telepresence.testing.Awaits;
import io.telepresence.tunnel.ResetReason;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A flow of datagrams lasts as long as its socket and as long as somebody says something. */
@Timeout(60)
class DatagramPumpTest {
    private static final Duration LONG = Duration.ofHours(1);

    private PumpFixture fixture;
    private DatagramSocket program;
    private Channel channel;

    @BeforeEach
    void open() throws Exception {
        fixture = new PumpFixture(Transport.UDP);
        program = new DatagramSocket(0, InetAddress.getLoopbackAddress());
        program.setSoTimeout(20_000);
        channel = Splice.dial(fixture.loop, Transport.UDP, (InetSocketAddress) program.getLocalSocketAddress(), LONG)
                .syncUninterruptibly()
                .channel();
    }

    @AfterEach
    void close() throws Exception {
        program.close();
        fixture.close();
    }

    private void join(Duration idle) throws Exception {
        fixture.on(() -> {
            Splice.join(fixture.flow, channel, Transport.UDP, idle);
            return null;
        });
    }

    private String received() throws Exception {
        DatagramPacket packet = new DatagramPacket(new byte[100], 100);
        program.receive(packet);
        return new String(packet.getData(), 0, packet.getLength(), UTF_8);
    }

    private void assertOver() throws Exception {
        fixture.far.closed.get(20, TimeUnit.SECONDS);
        assertTrue(channel.closeFuture().await(20, TimeUnit.SECONDS), "the socket is open");
    }

    @Test
    void eachFrameIsOneDatagram() throws Exception {
        join(LONG);
        fixture.write("one");
        fixture.write("");
        fixture.write("three");
        assertEquals("one", received());
        assertEquals("", received());
        assertEquals("three", received());
        byte[] answer = "answer".getBytes(UTF_8);
        program.send(new DatagramPacket(answer, answer.length, channel.localAddress()));
        Awaits.that("the answer", () -> new String(fixture.far.bytes(), UTF_8).equals("answer"));
        fixture.finish();
        assertOver();
        assertEquals("answer", new String(fixture.far.finished.get(20, TimeUnit.SECONDS), UTF_8));
    }

    @Test
    void aSocketThatIsClosedAlreadyEndsTheFlowAtOnce() throws Exception {
        channel.close().sync();
        join(LONG);
        assertEquals(ResetReason.ABORTED, fixture.far.reset.get(20, TimeUnit.SECONDS));
        assertOver();
    }

    @Test
    void aFlowThatIsOverAlreadyClosesTheSocket() throws Exception {
        fixture.caller.reset(ResetReason.ABORTED, "enough");
        fixture.settle();
        join(LONG);
        assertOver();
    }

    @Test
    void aSocketThatClosesEndsTheFlow() throws Exception {
        join(LONG);
        channel.close().sync();
        assertEquals(ResetReason.ABORTED, fixture.far.reset.get(20, TimeUnit.SECONDS));
        assertOver();
    }

    @Test
    void afterALongSilenceItIsOver() throws Exception {
        join(Duration.ofMillis(50));
        assertEquals(ResetReason.TIMED_OUT, fixture.far.reset.get(20, TimeUnit.SECONDS));
        assertOver();
    }

    @Test
    void aProgramThatIsNotThereIsTold() throws Exception {
        program.close();
        join(LONG);
        fixture.write("anybody?");
        assertEquals(ResetReason.REFUSED, fixture.far.reset.get(20, TimeUnit.SECONDS));
        assertOver();
    }
}
