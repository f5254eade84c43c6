package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Nobody's pods are replaced before the API server calls the webhook, and nobody waits for ever. */
@Timeout(20)
class FirstWebhookCallTest {
    @Test
    void whoComesBeforeWaitsForIt() throws Exception {
        FirstWebhookCall first = new FirstWebhookCall(Duration.ofMinutes(1));
        assertTrue(first.pending());
        Thread waiting = waiting(first);
        while (waiting.getState() != Thread.State.TIMED_WAITING) {
            assertTrue(waiting.isAlive(), "it waits");
            Thread.onSpinWait();
        }
        first.happened();
        assertTrue(waiting.join(Duration.ofSeconds(10)));
        assertFalse(first.pending());
    }

    @Test
    void whoComesAfterDoesNotWait() throws Exception {
        FirstWebhookCall first = new FirstWebhookCall(Duration.ofMinutes(1));
        first.happened();
        first.await();
    }

    @Test
    void afterTheLimitNobodyWaits() throws Exception {
        FirstWebhookCall first = new FirstWebhookCall(Duration.ofMillis(20));
        first.await();
        assertFalse(first.pending());
    }

    private static Thread waiting(FirstWebhookCall first) {
        return Thread.ofPlatform().daemon().start(() -> {
            try {
                first.await();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }
}
