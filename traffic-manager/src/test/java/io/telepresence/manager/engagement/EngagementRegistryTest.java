package io.telepresence.manager.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.identity.Caller;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionIds;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.testing.FakeTime;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CyclicBarrier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class EngagementRegistryTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final ClientSession.Client ANN =
            new ClientSession.Client("ann", "install", "default", "5".repeat(64));

    private final SessionRegistry sessions = new SessionRegistry(new FakeTime());
    private final EngagementRegistry engagements = new EngagementRegistry(sessions, Duration.ZERO);

    @Test
    void aClientThatArrivesTwiceAtOnceHasWhatItHadOnce() throws Exception {
        for (int round = 0; round < 500; round++) {
            ClientSession client = sessions.arrive(
                            new ClientSession.Client("ann", "install-" + round, "default", ""), "")
                    .session();
            CyclicBarrier together = new CyclicBarrier(4);
            List<Thread> arrivals = new ArrayList<>();
            for (int i = 0; i < 4; i++) {
                arrivals.add(Thread.ofPlatform().start(() -> {
                    try {
                        together.await();
                        engagements.restore(client, active(client, EngagementKind.INTERCEPT));
                    } catch (Exception e) {
                        throw new IllegalStateException(e);
                    }
                }));
            }
            for (Thread arrival : arrivals) {
                arrival.join();
            }
            assertEquals(1, engagements.of(client).size());
            sessions.depart(SessionIds.of(client), Caller.UNKNOWN);
        }
    }

    @Test
    void aSuccessorReplacesAgainWhatTheSessionBeforeItHad() throws Exception {
        ClientSession old = sessions.arrive(ANN, "").session();
        engagements.reserve(old, active(old, EngagementKind.REPLACE));
        ClientSession bob = sessions.arrive(new ClientSession.Client("bob", "install", "default", ""), "")
                .session();
        assertThrows(FaultException.class, () -> engagements.reserve(bob, active(bob, EngagementKind.REPLACE)));
        ClientSession young = sessions.arrive(ANN, "").session();
        assertEquals(Map.of(), engagements.of(ECHO), "the container is wanted back");
        RegisteredEngagement again = engagements.reserve(young, active(young, EngagementKind.REPLACE));
        assertEquals(List.of(again), engagements.all().get());
        assertEquals(Set.of("app"), engagements.of(ECHO).keySet());
    }

    @Test
    void whatIsClosedNobodyEngages() throws Exception {
        ClientSession ann = sessions.arrive(ANN, "").session();
        assertEquals(Optional.empty(), engagements.close(ECHO, _ -> true));
        assertEquals(Optional.empty(), engagements.close(ECHO, _ -> true), "somebody else does the same");
        engagements.reopen(ECHO);
        FaultException e =
                assertThrows(FaultException.class, () -> engagements.reserve(ann, active(ann, EngagementKind.WIRETAP)));
        assertEquals(
                "the traffic-agent of Deployment echo.default is being uninstalled at this moment",
                e.fault().text());
        engagements.restore(ann, active(ann, EngagementKind.WIRETAP));
        assertEquals(EngagementState.REMOVED, engagements.of(ann).getFirst().state());
        engagements.reopen(ECHO);
        RegisteredEngagement tap = engagements.reserve(ann, active(ann, EngagementKind.WIRETAP));
        assertEquals(Optional.of(tap), engagements.close(ECHO, _ -> true));
        ClientSession bob = sessions.arrive(new ClientSession.Client("bob", "install", "default", ""), "")
                .session();
        engagements.reserve(bob, active(bob, EngagementKind.WIRETAP));
        assertEquals(2, engagements.all().get().size(), "it was not closed");
    }

    private static RegisteredEngagement active(ClientSession client, EngagementKind kind) {
        EngagementSpec spec = new EngagementSpec(
                kind, "echo", "default", "echo", "", "", "", "127.0.0.1", List.of(), EngagementOptions.NONE);
        return new RegisteredEngagement(
                EngagementIds.next("echo"),
                spec,
                client,
                client.client().name(),
                EngagementState.ACTIVE,
                "",
                ECHO,
                "app",
                List.of(),
                "10.244.0.5");
    }
}
