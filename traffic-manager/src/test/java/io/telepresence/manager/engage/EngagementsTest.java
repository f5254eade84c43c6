package io.telepresence.manager.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engage.Engagement.Disposition;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.FakeTime;
import io.telepresence.manager.session.Sessions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EngagementsTest {
    private final Sessions sessions = new Sessions(new FakeTime());
    private final Engagements engagements = new Engagements(sessions, Duration.ZERO, id -> {});

    @Test
    void aClientThatArrivesTwiceAtOnceHasWhatItHadOnce() throws Exception {
        for (int round = 0; round < 500; round++) {
            ClientSession client = sessions.arrive(new ClientSession.Client("ann", "install-" + round, "default"), "")
                    .session();
            CyclicBarrier together = new CyclicBarrier(4);
            List<Thread> arrivals = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                arrivals.add(Thread.ofPlatform().start(() -> {
                    try {
                        together.await();
                        engagements.restore(client, active(client));
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
            for (Thread arrival : arrivals) {
                arrival.join();
            }
            assertEquals(1, engagements.of(client).size());
            sessions.depart(client.id(), ClientSession.class);
        }
    }

    private static Engagement active(ClientSession client) {
        EngagementSpec spec = new EngagementSpec(
                EngagementSpec.Kind.INTERCEPT,
                "echo",
                "default",
                "echo",
                "",
                "",
                "",
                "127.0.0.1",
                List.of(),
                EngagementSpec.Handling.PLAIN);
        return new Engagement(
                Engagements.id(client.id(), "echo"),
                spec,
                client.client().name(),
                Disposition.ACTIVE,
                "",
                new WorkloadRef("Deployment", "default", "echo"),
                "app",
                List.of(),
                "10.244.0.5");
    }
}
