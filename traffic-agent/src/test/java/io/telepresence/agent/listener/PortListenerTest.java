package io.telepresence.agent.listener;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.socket.DuplexChannel;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Callers whom the kernel has let in while the loop is busy, as on a machine with too few processors. */
@Timeout(30)
class PortListenerTest {
    private static final int MANY = 100;

    private final EventLoopGroup loops = Loops.create("test", 1);
    private final CountDownLatch busy = new CountDownLatch(1);
    private final AtomicInteger taken = new AtomicInteger();
    private PortListener listener;
    private InetSocketAddress address;

    @BeforeEach
    void listen() throws FaultException {
        InetSocketAddress any = new InetSocketAddress(InetAddress.getLoopbackAddress(), 0);
        listener = PortListener.tcp(any, loops, KeptSockets.none(), this::serve, taken::get);
        address = listener.address();
    }

    @AfterEach
    void close() {
        busy.countDown();
        listener.close();
        Loops.shutdown(loops);
    }

    private void serve(DuplexChannel caller) {
        taken.incrementAndGet();
        loops.register(caller)
                .addListener(_ -> caller.writeAndFlush(Unpooled.copiedBuffer("served", StandardCharsets.US_ASCII))
                        .addListener(ChannelFutureListener.CLOSE));
    }

    private void beBusy() throws InterruptedException {
        CountDownLatch begun = new CountDownLatch(1);
        loops.execute(() -> {
            begun.countDown();
            try {
                busy.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        begun.await();
    }

    private Socket call() throws Exception {
        return new Socket(address.getAddress(), address.getPort());
    }

    @Test
    void thoseWhoWaitWhenItStopsAreServed() throws Exception {
        beBusy();
        List<Socket> callers = new ArrayList<>();
        for (int i = 0; i < MANY; i++) {
            callers.add(call());
        }
        // Returns although the loop says nothing.
        listener.close();
        busy.countDown();
        for (Socket caller : callers) {
            assertEquals("served", new String(caller.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            caller.close();
        }
        assertEquals(MANY, taken.get());
        // The loop has served them, and may not have come to the end of the socket yet.
        listener.close();
        assertThrows(ConnectException.class, () -> call().close());
    }

    @Test
    void whoWaitsHasCome() throws Exception {
        beBusy();
        long before = System.nanoTime();
        try (Socket caller = call()) {
            assertTrue(listener.lastNewNanos() - before > 0, "as long as it is not known who waits");
            CompletableFuture<Long> last = CompletableFuture.supplyAsync(listener::lastNewNanos);
            busy.countDown();
            assertTrue(last.get() - before > 0);
            assertEquals("served", new String(caller.getInputStream().readAllBytes(), StandardCharsets.US_ASCII));
            long then = listener.lastNewNanos();
            assertEquals(then, listener.lastNewNanos(), "nobody has come since");
        }
    }
}
