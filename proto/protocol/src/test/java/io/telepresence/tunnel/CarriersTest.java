package io.telepresence.tunnel;

import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class CarriersTest {
    @TempDir
    Path directory;

    @Test
    void aCarrierThatIsSlowToCloseDoesNotKeepTheOthersOpen() throws Exception {
        DomainSocketAddress nobody =
                new DomainSocketAddress(directory.resolve("nobody").toFile());
        Carriers carriers = Carriers.open("test", nobody, 1, (channel, deadline) -> {});
        ManagedChannel other = carriers.pick().channel();
        CountDownLatch busy = new CountDownLatch(1);
        carriers.control().loop().execute(() -> awaitUninterruptibly(busy));
        Thread closing = Thread.ofVirtual().start(carriers::close);
        boolean closed = other.awaitTermination(800, TimeUnit.MILLISECONDS);
        busy.countDown();
        closing.join();
        assertTrue(closed, "it waited for the slow one");
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
