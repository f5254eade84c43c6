package io.telepresence.agent.stream;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandler;
import io.netty.channel.EventLoop;
import io.telepresence.agree.Transport;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.FlowKey;
import io.telepresence.tunnel.MemoryFlow;
import io.telepresence.tunnel.ResetReason;
import java.net.InetSocketAddress;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;

/** The far end of a {@link FlowChannel}, which it opens too: says what it is told, and keeps what it hears. */
final class FakePeer implements FlowHandler {
    private static final FlowKey KEY = new FlowKey(
            Transport.TCP, new InetSocketAddress("127.0.0.1", 1000), new InetSocketAddress("127.0.0.1", 80));

    final FlowChannel channel;
    private final MemoryFlow flow;
    private final BlockingQueue<String> ends = new LinkedBlockingQueue<>();
    private final StringBuffer heard = new StringBuffer();

    /**
     * @param flows loop of the flow
     * @param home loop of the channel, where {@code handler} is called
     */
    FakePeer(EventLoop flows, EventLoop home, ChannelHandler handler) throws Exception {
        MemoryFlow.Pair pair = MemoryFlow.pair(KEY, flows);
        flow = pair.accepting();
        channel = new FlowChannel(pair.opening(), home);
        flows.submit(() -> {
                    flow.handler(this);
                    pair.opening().handler(channel.receiver());
                })
                .get(30, TimeUnit.SECONDS);
        channel.pipeline().addLast(handler);
        home.register(channel).sync();
        channel.begin();
    }

    /** Takes so many frames more. */
    FakePeer takes(int frames) {
        flow.request(frames);
        return this;
    }

    void says(String text) {
        flow.loop().execute(() -> flow.write(Unpooled.copiedBuffer(text, US_ASCII)));
    }

    void finishes() {
        flow.loop().execute(flow::finish);
    }

    void resets() {
        flow.reset(ResetReason.ABORTED, "by the test");
    }

    /** Waits for the end of what is heard: {@code finished} or {@code reset}. */
    void ends(String how) throws InterruptedException {
        assertEquals(how, ends.poll(30, TimeUnit.SECONDS), () -> "after hearing " + heard);
    }

    String heard() {
        return heard.toString();
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        heard.append(data.toString(US_ASCII));
        data.release();
    }

    @Override
    public void onFinished(Flow same) {
        ends.add("finished");
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        ends.add("reset");
    }
}
