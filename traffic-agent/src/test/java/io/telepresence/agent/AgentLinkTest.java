package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.local.FreePorts;
import io.telepresence.rpc.agent.AgentArrival;
import java.io.IOException;
import java.net.Socket;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** The manager comes and goes. */
@Timeout(60)
class AgentLinkTest {
    @Test
    void theAgentPresentsItself() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            AgentArrival arrival = rig.manager.arrivals.getFirst();
            assertEquals("api-1", arrival.getPodName());
            assertEquals("uid-1", arrival.getPodUid());
            assertEquals("127.0.0.1", arrival.getPodIp());
            assertEquals("shop", arrival.getNamespace());
            assertEquals("api", arrival.getWorkload());
            assertEquals("", arrival.getResumeSessionId());
            assertEquals(app.port(), arrival.getContainers(0).getPorts(0).getContainerPort());
        }
    }

    @Test
    void aLostManagerMeansTheAppAndAReturningOneIsResumed() throws Exception {
        try (Place app = Place.echo("app");
                Place local = Place.echo("laptop");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.engage(local.port());
            Caller delivered = rig.call();
            assertEquals("laptop", delivered.line());
            rig.stopManager();
            rig.awaitEngaged(false);
            assertTrue(delivered.isReset(), "a flow does not outlive its carrier");
            try (Caller caller = rig.call()) {
                assertEquals("app", caller.line());
            }
            rig.startManager();
            Until.holds("the agent arrives again", () -> !rig.manager.arrivals.isEmpty());
            assertEquals("agent-1", rig.manager.arrivals.getFirst().getResumeSessionId());
            rig.engage(local.port());
            try (Caller caller = rig.call()) {
                assertEquals("laptop", caller.line());
            }
        }
    }

    @Test
    void aForgottenSessionArrivesAnew() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            rig.manager.sessions.clear();
            Until.holds("second arrival", Duration.ofSeconds(12), () -> rig.manager.arrivals.size() == 2);
        }
    }

    @Test
    void withoutAManagerTheAppIsServedAndThePodIsReady() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = new AgentFixture(new Port(Transport.TCP, app.port()), "127.0.0.1", "wrong")) {
            rig.stopManager();
            try (Caller caller = rig.call()) {
                assertEquals("app", caller.line());
            }
            assertEquals("HTTP/1.1 200 OK", get(rig, "/readyz"));
            assertEquals("HTTP/1.1 200 OK", get(rig, "/healthz"));
            assertEquals("HTTP/1.1 404 Not Found", get(rig, "/other"));
        }
    }

    @Test
    void theLogLevelIsTheManagers() throws Exception {
        try (Place app = Place.echo("app");
                AgentFixture rig = AgentFixture.tcp(app)) {
            Until.holds("the level arrives", () -> {
                rig.manager.level("DEBUG");
                return rig.levels.contains("DEBUG");
            });
        }
    }

    @Test
    void aPodWithoutItsContainerIsReadyOnlyWhileSomebodyTakesItsTraffic() throws Exception {
        int free;
        try (java.net.ServerSocket socket = new java.net.ServerSocket(0)) {
            free = socket.getLocalPort();
        }
        try (Place local = Place.echo("local");
                AgentFixture rig = AgentFixture.absent(free)) {
            assertEquals("HTTP/1.1 503 Service Unavailable", get(rig, "/readyz"));
            rig.engage(local.port());
            assertEquals("HTTP/1.1 200 OK", get(rig, "/readyz"));
            rig.disengage();
            assertEquals("HTTP/1.1 503 Service Unavailable", get(rig, "/readyz"));
        }
    }

    @Test
    void aPodWithoutItsContainerIsNotReadyBeforeThereIsAWayForItsTraffic() throws Exception {
        int free = FreePorts.one();
        try (Place local = Place.echo("local");
                AgentFixture rig = AgentFixture.absent(free)) {
            rig.stopManager();
            rig.startManagerForControl();
            rig.manager.engage(rig.engagement(local.port(), "ACTIVE"));
            Until.holds("the agent arrives again", () -> !rig.manager.arrivals.isEmpty());
            int before = rig.manager.turnedDown.get();
            Until.holds("two heartbeats since then", () -> rig.manager.turnedDown.get() > before + 1);
            assertEquals("HTTP/1.1 503 Service Unavailable", get(rig, "/readyz"));
            rig.manager.controlOnly = false;
            rig.awaitEngaged(true);
            assertEquals("HTTP/1.1 200 OK", get(rig, "/readyz"));
            try (Caller caller = rig.call()) {
                assertEquals("local", caller.line());
            }
        }
    }

    private static String get(AgentFixture rig, String path) throws IOException {
        try (Socket socket = new Socket("127.0.0.1", rig.agent.readyAddress().getPort())) {
            socket.getOutputStream().write(("GET " + path + " HTTP/1.1\r\nHost: pod\r\n\r\n").getBytes());
            return new String(socket.getInputStream().readAllBytes())
                    .lines()
                    .findFirst()
                    .orElse("");
        }
    }
}
