package io.telepresence.tunnel.pool;

import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.ManagedChannel;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.tunnel.grpc.Carrier;
import java.nio.file.Path;
import java.time.Duration;
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

    @Test
    void aCarrierThatHasNotAnsweredYetIsGivenTime() throws Exception {
        DomainSocketAddress nobody =
                new DomainSocketAddress(directory.resolve("nobody").toFile());
        CountDownLatch beats = new CountDownLatch(20);
        Carriers.Heartbeat refused = (channel, deadline) -> {
            beats.countDown();
            throw new java.io.IOException("refused");
        };
        try (Carriers patient = Carriers.open("patient", nobody, 1, Duration.ofHours(1), refused);
                Carriers hasty = Carriers.open("hasty", nobody, 1, Duration.ZERO, refused)) {
            Carrier first = patient.control();
            Carrier other = hasty.control();
            beats.await();
            assertSame(first, patient.control());
            assertNotSame(other, hasty.control());
            // Whoever still holds a flow of the one that is closed may come to its loop.
            assertSame(other.loop(), hasty.control().loop());
            other.close();
            CountDownLatch done = new CountDownLatch(1);
            other.loop().execute(done::countDown);
            done.await();
        }
    }

    private static void awaitUninterruptibly(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
