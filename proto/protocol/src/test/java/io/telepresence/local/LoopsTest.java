package io.telepresence.local;

import io.netty.channel.EventLoopGroup;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class LoopsTest {
    @Test
    void aTaskThatFailsIsRunAgain() throws Exception {
        EventLoopGroup loops = Loops.create("test", 1);
        try {
            CountDownLatch runs = new CountDownLatch(3);
            Loops.repeat(loops.next(), Duration.ofMillis(1), () -> {
                runs.countDown();
                throw new IllegalStateException("on purpose");
            });
            runs.await();
        } finally {
            Loops.shutdown(loops);
        }
    }
}
