package io.telepresence.tunnel;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.telepresence.agree.Transport;
import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Fetch;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.grpc.Carrier;
import io.telepresence.tunnel.splice.FlowJoin;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Path;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class TunnelTest {
    @TempDir
    Path directory;

    private ServerSocket origin;
    private Far far;
    private Carrier carrier;

    @BeforeEach
    void open() throws Exception {
        origin = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
        far = new Far(directory, Far::dial);
        carrier = Carrier.open("near", far.address);
    }

    @AfterEach
    void close() throws Exception {
        carrier.close();
        far.close();
        origin.close();
    }

    @Test
    void bytesArriveUnchangedBothWays() throws Exception {
        byte[] payload = new byte[8 << 20];
        new Random(1).nextBytes(payload);
        Thread echo = Thread.startVirtualThread(this::echoOnce);
        RecordingHandler near = new RecordingHandler(4);
        Flow flow = carrier.open(openTo(origin.getLocalPort()), near);
        near.opened.get(5, TimeUnit.SECONDS);
        onLoop(flow, () -> {
            for (int i = 0; i < payload.length; i += 64 << 10) {
                flow.write(Unpooled.wrappedBuffer(payload, i, 64 << 10));
            }
            flow.finish();
        });
        assertArrayEquals(payload, near.finished.get(20, TimeUnit.SECONDS));
        near.closed.get(5, TimeUnit.SECONDS);
        assertFalse(near.reset.isDone(), "a clean end is no reset");
        echo.join();
        awaitNoFlows();
    }

    @Test
    void farEndMayFinishFirstAndStillReceive() throws Exception {
        CompletableFuture<byte[]> got = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try (Socket socket = origin.accept()) {
                socket.getOutputStream().write("bye".getBytes(UTF_8));
                socket.shutdownOutput();
                got.complete(socket.getInputStream().readAllBytes());
            } catch (IOException e) {
                got.completeExceptionally(e);
            }
        });
        RecordingHandler near = new RecordingHandler(4);
        Flow flow = carrier.open(openTo(origin.getLocalPort()), near);
        assertArrayEquals("bye".getBytes(UTF_8), near.finished.get(5, TimeUnit.SECONDS));
        onLoop(flow, () -> {
            flow.write(Unpooled.copiedBuffer("late", UTF_8));
            flow.finish();
        });
        assertArrayEquals("late".getBytes(UTF_8), got.get(5, TimeUnit.SECONDS));
        near.closed.get(5, TimeUnit.SECONDS);
    }

    @Test
    void refusedDialIsAResetThatSaysSo() throws Exception {
        int port = origin.getLocalPort();
        origin.close();
        RecordingHandler near = new RecordingHandler(4);
        carrier.open(openTo(port), near);
        assertEquals(ResetReason.REFUSED, near.reset.get(5, TimeUnit.SECONDS));
        near.closed.get(5, TimeUnit.SECONDS);
        assertFalse(near.opened.isDone());
        awaitNoFlows();
    }

    @Test
    void withoutATunnelTheFarEndIsUnreachableNotRefused() throws Exception {
        far.close();
        RecordingHandler near = new RecordingHandler(4);
        carrier.open(openTo(origin.getLocalPort()), near);
        assertEquals(ResetReason.UNREACHABLE, near.reset.get(5, TimeUnit.SECONDS));
        awaitNoFlows();
    }

    @Test
    void aTunnelThatBreaksWhileTheFarEndDialsIsUnreachable() throws Exception {
        far.close();
        BlockingQueue<Flow> dialling = new LinkedBlockingQueue<>();
        RecordingHandler near = new RecordingHandler(4);
        try (Far silent = new Far(directory, (flow, open) -> dialling.add(flow))) {
            carrier.close();
            carrier = Carrier.open("near", silent.address);
            carrier.open(openTo(origin.getLocalPort()), near);
            assertNotNull(dialling.poll(5, TimeUnit.SECONDS));
        }
        assertEquals(ResetReason.UNREACHABLE, near.reset.get(5, TimeUnit.SECONDS));
        awaitNoFlows();
    }

    @Test
    void rstOfTheOriginCutsTheFlow() throws Exception {
        RecordingHandler near = new RecordingHandler(4);
        carrier.open(openTo(origin.getLocalPort()), near);
        Socket socket = origin.accept();
        near.opened.get(5, TimeUnit.SECONDS);
        socket.setSoLinger(true, 0);
        socket.close();
        assertEquals(ResetReason.ABORTED, near.reset.get(5, TimeUnit.SECONDS));
        awaitNoFlows();
    }

    @Test
    void resetOfTheNearEndReachesTheOriginAsRst() throws Exception {
        RecordingHandler near = new RecordingHandler(4);
        Flow flow = carrier.open(openTo(origin.getLocalPort()), near);
        Socket socket = origin.accept();
        near.opened.get(5, TimeUnit.SECONDS);
        flow.reset(ResetReason.ABORTED, "enough");
        IOException error =
                assertThrows(IOException.class, () -> socket.getInputStream().read());
        assertTrue(error.getMessage().contains("reset"), error.getMessage());
        near.closed.get(5, TimeUnit.SECONDS);
        awaitNoFlows();
    }

    @Test
    void withoutCreditTheOriginIsSlowedDownInsteadOfMemoryGrowing() throws Exception {
        RecordingHandler near = new RecordingHandler(0);
        Flow flow = carrier.open(openTo(origin.getLocalPort()), near);
        Socket socket = origin.accept();
        near.opened.get(5, TimeUnit.SECONDS);
        CompletableFuture<Long> all = new CompletableFuture<>();
        Thread.startVirtualThread(() -> {
            try (OutputStream out = socket.getOutputStream()) {
                for (int i = 0; i < 1024; i++) {
                    out.write(new byte[64 << 10]);
                }
                all.complete(64L << 20);
            } catch (IOException e) {
                all.completeExceptionally(e);
            }
        });
        assertThrows(TimeoutException.class, () -> all.get(1, TimeUnit.SECONDS), "64 MiB went nowhere");
        flow.request(4);
        assertEquals(64L << 20, all.get(20, TimeUnit.SECONDS));
        near.finished.get(20, TimeUnit.SECONDS);
        assertEquals(64 << 20, near.bytes().length);
    }

    @Test
    void lostCarrierResetsItsFlows() throws Exception {
        RecordingHandler near = new RecordingHandler(4);
        carrier.open(openTo(origin.getLocalPort()), near);
        near.opened.get(5, TimeUnit.SECONDS);
        far.close();
        near.reset.get(5, TimeUnit.SECONDS);
        near.closed.get(5, TimeUnit.SECONDS);
    }

    @Test
    void twoFlowsAreJoinedEndToEnd(@TempDir Path other) throws Exception {
        BlockingQueue<Flow> waiting = new LinkedBlockingQueue<>();
        FlowAcceptor switchboard = (flow, open) -> {
            if (open.hasFetch()) {
                Flow parked = waiting.remove();
                flow.handler(new FlowHandler() {
                    @Override
                    public void onOpened(Flow fetched) {
                        parked.loop().execute(() -> {
                            parked.opened();
                            FlowJoin.join(parked, fetched);
                        });
                    }

                    @Override
                    public void onData(Flow fetched, io.netty.buffer.ByteBuf data) {
                        data.release();
                    }

                    @Override
                    public void onFinished(Flow fetched) {}

                    @Override
                    public void onReset(Flow fetched, ResetReason why, String text) {
                        parked.reset(why, text);
                    }
                });
                flow.request(1);
            } else {
                waiting.add(flow);
            }
        };
        try (Far board = new Far(other, switchboard);
                Carrier agent = Carrier.open("agent", board.address);
                Carrier client = Carrier.open("client", board.address)) {
            RecordingHandler caller = new RecordingHandler(4);
            Flow deliver = agent.open(openTo(1), caller);
            while (waiting.isEmpty()) {
                Thread.onSpinWait();
            }
            RecordingHandler handler = new RecordingHandler(4);
            Flow fetch = client.open(
                    openTo(1).toBuilder()
                            .setFetch(Fetch.newBuilder().setDialId("1"))
                            .build(),
                    handler);
            onLoop(fetch, () -> {
                fetch.opened();
                fetch.request(4);
            });
            caller.opened.get(5, TimeUnit.SECONDS);
            onLoop(deliver, () -> {
                deliver.write(Unpooled.copiedBuffer("ping", UTF_8));
                deliver.finish();
            });
            assertArrayEquals("ping".getBytes(UTF_8), handler.finished.get(5, TimeUnit.SECONDS));
            onLoop(fetch, () -> {
                fetch.write(Unpooled.copiedBuffer("pong", UTF_8));
                fetch.finish();
            });
            assertArrayEquals("pong".getBytes(UTF_8), caller.finished.get(5, TimeUnit.SECONDS));
            caller.closed.get(5, TimeUnit.SECONDS);
            handler.closed.get(5, TimeUnit.SECONDS);
        }
    }

    private void echoOnce() {
        try (Socket socket = origin.accept()) {
            InputStream in = socket.getInputStream();
            in.transferTo(socket.getOutputStream());
            socket.shutdownOutput();
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    private void awaitNoFlows() {
        while (carrier.flows() > 0) {
            Thread.onSpinWait();
        }
    }

    private static void onLoop(Flow flow, Runnable task) {
        flow.loop().execute(task);
    }

    private static Open openTo(int port) {
        InetSocketAddress app = new InetSocketAddress(InetAddress.getLoopbackAddress(), 40_000);
        InetSocketAddress to = new InetSocketAddress(InetAddress.getLoopbackAddress(), port);
        return Open.newBuilder()
                .setSessionId("s")
                .setId(new FlowKey(Transport.TCP, app, to).toWire())
                .setDialTimeoutMs(3000)
                .setDial(Dial.getDefaultInstance())
                .build();
    }
}
