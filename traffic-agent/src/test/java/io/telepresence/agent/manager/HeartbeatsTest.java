package io.telepresence.agent.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agent.Until;
import io.telepresence.local.Loops;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.tunnel.grpc.TunnelServers;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Beats share a stream, and one that ends, stays silent or is not known is as a call that does so. */
@Timeout(30)
class HeartbeatsTest {
    private static final Duration LIMIT = Duration.ofSeconds(10);

    private final EventLoopGroup loops = Loops.create("test", 1);
    private final AtomicInteger streams = new AtomicInteger();
    private final AtomicInteger calls = new AtomicInteger();
    private final List<StreamObserver<RemainReply>> open = new CopyOnWriteArrayList<>();
    private final Heartbeats heartbeats = new Heartbeats();
    private volatile boolean silent;
    private volatile boolean knowsStreams = true;
    private Server server;
    private ManagedChannel channel;

    private final class Gate extends AgentGateGrpc.AgentGateImplBase {
        @Override
        public void remain(AgentBeat beat, StreamObserver<RemainReply> out) {
            calls.incrementAndGet();
            out.onNext(reply(beat));
            out.onCompleted();
        }

        @Override
        public StreamObserver<AgentBeat> heartbeats(StreamObserver<RemainReply> out) {
            if (!knowsStreams) {
                return super.heartbeats(out);
            }
            streams.incrementAndGet();
            open.add(out);
            return new StreamObserver<>() {
                @Override
                public void onNext(AgentBeat beat) {
                    if (!silent) {
                        out.onNext(reply(beat));
                    }
                }

                @Override
                public void onError(Throwable error) {}

                @Override
                public void onCompleted() {}
            };
        }
    }

    private static RemainReply reply(AgentBeat beat) {
        return RemainReply.newBuilder()
                .setKnown(true)
                .setGraceSeconds(Integer.parseInt(beat.getSessionId()))
                .build();
    }

    @BeforeEach
    void open() throws Exception {
        server = TunnelServers.builder(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), loops)
                .addService(new Gate())
                .build()
                .start();
        channel = NettyChannelBuilder.forAddress("127.0.0.1", server.getPort())
                .usePlaintext()
                .build();
    }

    @AfterEach
    void close() {
        channel.shutdownNow();
        server.shutdownNow();
        Loops.shutdown(loops);
    }

    private int beat(int number, Duration limit) {
        return heartbeats
                .beat(
                        channel,
                        AgentBeat.newBuilder()
                                .setSessionId(Integer.toString(number))
                                .build(),
                        limit)
                .getGraceSeconds();
    }

    private Status.Code missed(Duration limit) {
        return assertThrows(StatusRuntimeException.class, () -> beat(7, limit))
                .getStatus()
                .getCode();
    }

    @Test
    void eachBeatHasItsReplyOnOneStream() {
        for (int i = 0; i < 50; i++) {
            assertEquals(i, beat(i, LIMIT));
        }
        assertEquals(1, streams.get());
        assertEquals(0, calls.get());
    }

    /** A late reply must not be taken for that to the next beat. */
    @Test
    void aReplyThatDoesNotComeIsMissedInTimeAndTheNextBeatHasAStreamOfItsOwn() {
        assertEquals(1, beat(1, LIMIT));
        silent = true;
        assertEquals(Status.Code.DEADLINE_EXCEEDED, missed(Duration.ofMillis(200)));
        silent = false;
        assertEquals(2, beat(2, LIMIT));
        assertEquals(2, streams.get());
    }

    @Test
    void aStreamThatWasEndedIsBegunAnew() throws Exception {
        assertEquals(1, beat(1, LIMIT));
        open.getFirst().onCompleted();
        awaitAnother(2);
        open.getLast().onError(Status.UNAVAILABLE.asRuntimeException());
        awaitAnother(3);
        assertEquals(0, calls.get());
    }

    /** The end of the old one may be on its way: then that beat is missed. */
    private void awaitAnother(int wanted) {
        long end = System.nanoTime() + LIMIT.toNanos();
        while (streams.get() < wanted && System.nanoTime() < end) {
            try {
                beat(1, LIMIT);
            } catch (StatusRuntimeException e) {
                assertEquals(Status.Code.UNAVAILABLE, e.getStatus().getCode());
            }
        }
        assertEquals(wanted, streams.get());
        assertEquals(5, beat(5, LIMIT));
    }

    @Test
    void aManagerThatDoesNotKnowStreamsIsCalled() {
        knowsStreams = false;
        assertEquals(1, beat(1, LIMIT));
        assertEquals(2, beat(2, LIMIT));
        assertEquals(2, calls.get());
        knowsStreams = true;
        assertEquals(3, beat(3, LIMIT));
        assertEquals(0, streams.get(), "not asked again for each beat");
        heartbeats.arrived();
        assertEquals(4, beat(4, LIMIT));
        assertEquals(1, streams.get());
    }

    @Test
    void whereNobodyListensABeatIsMissed() {
        server.shutdownNow();
        assertEquals(Status.Code.UNAVAILABLE, missed(LIMIT));
    }

    /** Channels are made anew whenever one fails. */
    @Test
    void nothingIsKeptOfAChannelThatHasEnded() {
        assertEquals(1, beat(1, LIMIT));
        assertEquals(1, heartbeats.streams());
        channel.shutdownNow();
        Until.holds("the stream is forgotten", () -> heartbeats.streams() == 0);
    }
}
