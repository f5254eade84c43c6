package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.grpc.stub.ServerCallStreamObserver;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.manager.session.Sessions;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ServerStreamTest {
    private final Sessions sessions = new Sessions(InstantSource.system());
    private final ClientSession client = sessions.arrive(
                    new ClientSession.Client("ann@laptop", "install-a", "default", ""), "")
            .session();
    private final Heard heard = new Heard();
    private final ServerStream<String> stream = ServerStream.open(heard, client);

    /** Else a laptop that slept would hear that its engagements were taken from it, and let them go. */
    @Test
    void theEndOfASessionIsNotToldPieceByPiece() {
        stream.send("an engagement");
        client.onEnd(() -> stream.send("no engagement"));
        sessions.depart(SessionIds.of(client), ClientSession.class);
        assertEquals(List.of("an engagement", "failed"), heard.all);
    }

    /** The far end of a stream. */
    private static final class Heard extends ServerCallStreamObserver<String> {
        private final List<String> all = new ArrayList<>();

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
            return true;
        }

        @Override
        public void setOnCancelHandler(Runnable handler) {}

        @Override
        public void setOnReadyHandler(Runnable handler) {}

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
