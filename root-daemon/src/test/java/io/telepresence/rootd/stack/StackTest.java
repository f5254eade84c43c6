package io.telepresence.rootd.stack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rootd.ip.TestPackets;
import io.telepresence.rootd.tun.MemoryTun;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.net.InetAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class StackTest {
    private final MemoryTun tun = new MemoryTun();
    private final StackFixture far = new StackFixture();

    private static StackConfig config(String own) throws IOException {
        var address = InetAddress.getByName(own);
        return new StackConfig(
                Optional.of(new StackConfig.Own(address, List.of(InetAddress.getByName("198.18.0.2")))),
                Optional.empty(),
                1500);
    }

    @Test
    void readsPacketsUntilItIsClosedAndLeavesNothingBehind() throws Exception {
        CompletableFuture<Void> ended;
        try (Stack stack = Stack.open(tun, config("127.0.0.1"), far)) {
            ended = stack.ended().toCompletableFuture();
            var app = TestPackets.tuple("198.18.0.1", 40_000, "10.96.3.7", 132);
            tun.fromHost(TestPackets.udp(app, new byte[] {1}));
            tun.fromHost(TestPackets.packet(app, 132, -1, new byte[20]));
            assertTrue(TestPackets.isValid(tun.toHost()), "the second packet's answer: the first one is through");
            assertEquals(new Stack.Stats(1, 1), stack.stats());
        }
        ended.get(5, TimeUnit.SECONDS);
        assertTrue(tun.isClosed());
        assertTrue(far.lastFlow().isClosed());
        assertTrue(Threads.alive().stream().noneMatch(thread -> thread.getName().contains("memory0")));
    }

    @Test
    void anAddressThatIsNotOursIsAFaultAndTheDeviceIsGivenBack() throws Exception {
        var wrong = config("192.0.2.77");
        var error = assertThrows(IOException.class, () -> Stack.open(tun, wrong, far));
        assertTrue(error.getMessage().contains("192.0.2.77"), error.getMessage());
        assertTrue(tun.isClosed());
    }

    @Test
    void nonsensicalConfigurationsAreRefused() throws Exception {
        var v4 = config("198.18.0.1").v4();
        assertThrows(IllegalArgumentException.class, () -> new StackConfig(Optional.empty(), Optional.empty(), 1500));
        assertThrows(IllegalArgumentException.class, () -> new StackConfig(v4, Optional.empty(), 100));
        assertThrows(IllegalArgumentException.class, () -> new StackConfig(Optional.empty(), v4, 1500));
        var own = InetAddress.getByName("198.18.0.1");
        assertThrows(IllegalArgumentException.class, () -> new StackConfig.Own(own, List.of(own)));
    }
}
