package io.telepresence.userd.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.Status;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A watch goes on until it is closed, whatever comes. */
@Timeout(30)
class ManagerWatchTest {
    @Test
    void anErrorInWhatIsDoneWithAMessageDoesNotEndIt() throws Exception {
        AtomicInteger opened = new AtomicInteger();
        LinkedBlockingQueue<String> heard = new LinkedBlockingQueue<>();
        try (ManagerWatch watch = ManagerWatch.start(
                "test",
                () -> {
                    int time = opened.incrementAndGet();
                    if (time == 2) {
                        throw new IllegalStateException("cannot be opened");
                    }
                    if (time == 3) {
                        throw Status.UNAVAILABLE.asRuntimeException();
                    }
                    return messages("message " + time);
                },
                message -> {
                    heard.add(message);
                    if (message.endsWith("1")) {
                        throw new IllegalArgumentException("not understood");
                    }
                })) {
            assertEquals("message 1", heard.poll(10, TimeUnit.SECONDS));
            assertEquals("message 4", heard.poll(10, TimeUnit.SECONDS));
        }
    }

    private static Iterator<String> messages(String one) {
        return List.of(one).iterator();
    }
}
