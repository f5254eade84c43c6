package io.telepresence.manager.readiness;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.engagement.EngagedPort;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.Port;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.engagement.EngagementIds;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What agents cannot see into is not filtered. */
class SealedPortsTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private static final Port PORT = Port.of(false, 8443);

    private final SessionRegistry sessions = new SessionRegistry(InstantSource.system());
    private final AgentSession agent = sessions.arrive(
                    new AgentSession.Agent("echo-1", "uid", "10.0.0.1", ECHO, "v1", Set.of(PORT), Set.of()), "")
            .session();

    private RegisteredEngagement engagement(EngagementKind kind, EngagementOptions handling) {
        ClientSession ann = sessions.arrive(new ClientSession.Client("ann", "laptop", "default", ""), "")
                .session();
        EngagementSpec spec =
                new EngagementSpec(kind, "echo", "default", "echo", "", "", "", "127.0.0.1", List.of(), handling);
        EngagedPort port = new EngagedPort(Port.of(false, 8443), 8080, "app", "echo", "https", 443);
        return new RegisteredEngagement(
                EngagementIds.next("echo"),
                spec,
                ann,
                "ann",
                EngagementState.WAITING,
                "",
                ECHO,
                "app",
                List.of(port),
                "");
    }

    private static EngagementOptions by(HttpFilter filter, boolean plaintext) {
        return new EngagementOptions(filter, "", plaintext, Map.of(), List.of());
    }

    @Test
    void aFilterThatWouldSeeNothingIsRefusedWithTheAgentsReason() throws Exception {
        HttpFilter mine = new HttpFilter(List.of(new HeaderMatch("x-user", "me")), List.of());
        SealedPorts sealed = new SealedPorts(sessions);
        for (EngagementKind kind : List.of(EngagementKind.INTERCEPT, EngagementKind.WIRETAP)) {
            assertDoesNotThrow(() -> sealed.refuse(engagement(kind, by(mine, false))), "all is open");
        }
        agent.sealed(Map.of(PORT, "there is no ca.crt"));
        for (EngagementKind kind : List.of(EngagementKind.INTERCEPT, EngagementKind.WIRETAP)) {
            assertDoesNotThrow(() -> sealed.refuse(engagement(kind, EngagementOptions.NONE)), "as it is");
            for (EngagementOptions handling : List.of(by(mine, false), by(HttpFilter.ALL, true))) {
                FaultException refused =
                        assertThrows(FaultException.class, () -> sealed.refuse(engagement(kind, handling)));
                assertEquals(
                        "the TLS of port 8443 of Deployment echo.default is not opened: there is no ca.crt",
                        refused.fault().text());
            }
        }
        agent.sealed(Map.of());
        sealed.refuse(engagement(EngagementKind.INTERCEPT, by(mine, false)));
    }
}
