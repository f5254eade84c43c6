package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.userd.apiserver.FakeApi.Answer;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who connects while the manager starts waits for it, and only then. */
@Timeout(30)
class ManagerPodsTest {
    private static final Duration LONG = Duration.ofMinutes(1);
    private static final String ENDED =
            "{\"metadata\":{\"name\":\"old\",\"namespace\":\"ns\"},\"status\":{\"phase\":\"Failed\"}}";
    private static final String GOING = "{\"metadata\":{\"name\":\"old\",\"namespace\":\"ns\","
            + "\"deletionTimestamp\":\"2026-01-01T00:00:00Z\"},\"status\":{\"phase\":\"Running\"}}";

    private final FakeApi api = new FakeApi();
    private ClusterGateway gateway;
    private ManagerPods pods;
    private int waits;

    @BeforeEach
    void open() throws Exception {
        gateway = new ClusterGateway(ApiServer.open(api.target(Map.of())), Duration.ofSeconds(5));
        pods = new ManagerPods(gateway, "ns", Duration.ofSeconds(2));
    }

    @AfterEach
    void close() {
        gateway.close();
        api.close();
    }

    @Test
    void whetherItTakesProofsIsSaidByItsAnnotation() throws Exception {
        there(FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertFalse(pods.current().takesProof());
        there(FakeApi.provingPod("m"));
        pods.await(LONG, this::waits);
        assertTrue(pods.current().takesProof());
        there(FakeApi.provingPod("m").replace("\"1\"", "\"2\""));
        pods.await(LONG, this::waits);
        assertFalse(pods.current().takesProof(), "of another kind than ours");
    }

    @Test
    void oneThatStartsIsWaitedFor() throws Exception {
        there(FakeApi.pod("m", false));
        there(ENDED, FakeApi.pod("m", false));
        there(ENDED, FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
        assertEquals(1, waits);
    }

    @Test
    void theSuccessorOfOneThatIsGoingIsWaitedForAlsoWhenThereIsNoneForAMoment() throws Exception {
        there(GOING);
        there();
        there();
        there(FakeApi.pod("m", false));
        there(FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
        assertEquals(1, waits);
    }

    @Test
    void oneThatHasGoneForGoodIsNotWaitedForAnyLonger() {
        there(GOING);
        for (int look = 0; look < 8; look++) {
            there();
        }
        assertEquals(
                "there is no traffic-manager in namespace \"ns\"", fault(LONG).text());
    }

    @Test
    void oneThatIsInstalledMayHaveNoPodAtThisMoment() throws Exception {
        there();
        api.first.add(new Answer(200, "{\"kind\":\"Service\"}"));
        there();
        there(FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
        assertEquals(1, waits);
    }

    @Test
    void whatIsNotThereOrHasEndedIsToldAtOnce() {
        there();
        api.first.add(new Answer(404, "{}"));
        assertEquals(
                "there is no traffic-manager in namespace \"ns\"", fault(LONG).text());
        there(ENDED);
        api.first.add(new Answer(404, "{}"));
        assertEquals(
                "the traffic-manager in namespace \"ns\" is not ready: the pod old is Failed",
                fault(LONG).text());
        assertEquals(0, waits);
    }

    @Test
    void whatWasWaitedForInVainIsTold() {
        there(ENDED, FakeApi.pod("m", false));
        assertEquals(
                "the traffic-manager in namespace \"ns\" has not become ready within 0 s: the pod m is running, but not"
                        + " ready. See: kubectl describe pod m --namespace ns. The limit can be configured as"
                        + " \"timeouts.trafficManagerConnect\"",
                fault(Duration.ZERO).toString());
    }

    /** What the API server says next: these pods. */
    private void there(String... all) {
        api.first.add(new Answer(200, "{\"items\":[" + String.join(",", all) + "]}"));
    }

    private Fault fault(Duration limit) {
        return assertThrows(FaultException.class, () -> pods.await(limit, this::waits))
                .fault();
    }

    private void waits() {
        waits++;
    }
}
