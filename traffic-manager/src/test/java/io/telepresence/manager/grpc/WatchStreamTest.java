package io.telepresence.manager.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.stub.ServerCallStreamObserver;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class WatchStreamTest {
    private final SessionRegistry sessions = new SessionRegistry(InstantSource.system());
    private final ClientSession client = sessions.arrive(
                    new ClientSession.Client("ann@laptop", "install-a", "default", ""), "")
            .session();
    private final Heard heard = new Heard();
    private final WatchStream<String> stream = WatchStream.open(heard, client);

    /** Else a laptop that slept would hear that its engagements were taken from it, and let them go. */
    @Test
    void theEndOfASessionIsNotToldPieceByPiece() {
        stream.send("an engagement");
        client.onEnd(() -> stream.send("no engagement"));
        sessions.depart(SessionIds.of(client), Caller.UNKNOWN);
        assertEquals(List.of("an engagement", "failed"), heard.all);
    }

    @Test
    void ofStatesTheLastOneWaitsForAReaderThatIsSlow() {
        WatchStream<String> states = WatchStream.latest(heard, client);
        heard.ready = false;
        for (int i = 0; i < 10_000; i++) {
            states.send("state " + i);
        }
        assertEquals(List.of(), heard.all);
        heard.read();
        assertEquals(List.of("state 9999"), heard.all);
        states.send("next");
        assertEquals(List.of("state 9999", "next"), heard.all);
    }

    @Test
    void aReaderThatNeverReadsEventsLosesTheStream() {
        heard.ready = false;
        for (int i = 0; i < 10_000; i++) {
            stream.send("event");
        }
        assertEquals(List.of("failed"), heard.all);
    }

    @Test
    void eventsComeInOrderAndTheEndAfterThem() {
        heard.ready = false;
        stream.send("one");
        stream.send("two");
        stream.complete();
        assertEquals(List.of(), heard.all);
        heard.read();
        assertEquals(List.of("one", "two", "completed"), heard.all);
    }

    @Test
    void whoCanWaitWaitsAndNotForEver() throws Exception {
        assertTrue(stream.sendPatiently("one", Duration.ofSeconds(10)));
        heard.ready = false;
        Thread reader = Threads.virtual("reader", heard::read);
        assertTrue(stream.sendPatiently("two", Duration.ofSeconds(10)));
        reader.join();
        heard.ready = false;
        assertFalse(stream.sendPatiently("three", Duration.ofMillis(50)));
        assertEquals(List.of("one", "two", "failed"), heard.all);
    }

    /** The far end of a stream. */
    private static final class Heard extends ServerCallStreamObserver<String> {
        private final List<String> all = new ArrayList<>();
        private volatile boolean ready = true;
        private volatile Runnable whenReady = () -> {};

        void read() {
            ready = true;
            whenReady.run();
        }

        @Override
        public void onNext(String message) {
            all.add(message);
        }

        @Override
        public void onError(Throwable error) {
            all.add("failed");
        }

        @Override
        public void onCompleted() {
            all.add("completed");
        }

        @Override
        public boolean isCancelled() {
            return false;
        }

        @Override
        public boolean isReady() {
            return ready;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {}

        @Override
        public void setOnReadyHandler(Runnable handler) {
            whenReady = handler;
        }

        @Override
        public void setCompression(String name) {}

        @Override
        public void setMessageCompression(boolean on) {}

        @Override
        public void disableAutoInboundFlowControl() {}

        @Override
        public void request(int count) {}
    }
}
