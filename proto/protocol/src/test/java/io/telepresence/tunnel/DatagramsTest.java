package io.telepresence.tunnel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFuture;
import io.telepresence.agree.Transport;
import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.grpc.Carrier;
import io.telepresence.tunnel.splice.DatagramPump;
import io.telepresence.tunnel.splice.DatagramSockets;
import java.io.IOException;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(20)
class DatagramsTest {
    private static final List<String> SENT = List.of("", "", "a", "", "b", "");

    @TempDir
    Path directory;

    @Test
    void framesKeepTheirBordersAlsoWhenEmpty() throws Exception {
        assertEquals(SENT, answers(DatagramsTest::echo, 1));
    }

    @Test
    void datagramsReachASocketAndComeBackAlsoWhenEmpty() throws Exception {
        try (DatagramSocket origin = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
            Thread.ofVirtual().start(() -> echo(origin));
            assertEquals(SENT, answers(DatagramsTest::dial, origin.getLocalPort()));
        }
    }

    /** Sends all at once; what comes back, in order. */
    private List<String> answers(FlowAcceptor acceptor, int port) throws Exception {
        Answers answers = new Answers();
        List<String> got = new ArrayList<>();
        try (Far far = new Far(directory, acceptor);
                Carrier carrier = Carrier.open("near", far.address)) {
            Flow flow = carrier.open(openTo(port), answers);
            flow.loop().execute(() -> SENT.forEach(text -> flow.write(Unpooled.copiedBuffer(text, UTF_8))));
            for (int i = 0; i < SENT.size(); i++) {
                got.add(answers.all.poll(3, TimeUnit.SECONDS));
            }
        }
        return got;
    }

    private static void echo(Flow flow, Open open) {
        flow.handler(new FlowHandler() {
            @Override
            public void onData(Flow same, ByteBuf data) {
                same.write(data);
                same.request(1);
            }

            @Override
            public void onFinished(Flow same) {}

            @Override
            public void onReset(Flow same, ResetReason why, String text) {}
        });
        flow.opened();
        flow.request(16);
    }

    private static void dial(Flow flow, Open open) {
        DatagramPump pump = new DatagramPump(flow, Duration.ofMinutes(1));
        DatagramSockets.bootstrap(flow.loop())
                .handler(pump)
                .connect(flow.key().destination())
                .addListener((ChannelFuture dialled) -> {
                    flow.opened();
                    pump.start(dialled.channel());
                });
    }

    private static void echo(DatagramSocket origin) {
        try {
            for (int i = 0; i < SENT.size(); i++) {
                DatagramPacket packet = new DatagramPacket(new byte[100], 100);
                origin.receive(packet);
                origin.send(packet);
            }
        } catch (IOException e) {
            assert origin.isClosed() : e;
        }
    }

    private static Open openTo(int port) {
        InetSocketAddress app = new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
        InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        return Open.newBuilder()
                .setSessionId("s")
                .setId(new FlowKey(Transport.UDP, app, to).toWire())
                .setDialTimeoutMs(3000)
                .setDial(Dial.getDefaultInstance())
                .build();
    }

    private static final class Answers implements FlowHandler {
        final BlockingQueue<String> all = new LinkedBlockingQueue<>();

        @Override
        public void onOpened(Flow flow) {
            flow.request(16);
        }

        @Override
        public void onData(Flow flow, ByteBuf data) {
            all.add(data.toString(UTF_8));
            data.release();
        }

        @Override
        public void onFinished(Flow flow) {}

        @Override
        public void onReset(Flow flow, ResetReason why, String text) {
            all.add("reset: " + why + " " + text);
        }
    }
}
