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
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

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
        pods = pods(Duration.ofSeconds(1));
    }

    private ManagerPods pods(Duration hidden) {
        return new ManagerPods(gateway, "ns", new ManagerPods.Patience(Duration.ofSeconds(2), hidden));
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

    @Test
    void whoseNodeIsLostIsToldAtOnceWithTheNodeAndTheCommand() {
        there(silent(""));
        api.first.add(node("Unknown"));
        Fault fault = fault(LONG);
        assertEquals(
                "the traffic-manager in namespace \"ns\" cannot be reached: its node \"node2\" is lost, and Kubernetes puts"
                        + " no other pod in the place of traffic-manager-0 as long as that may still run there",
                fault.text());
        assertEquals(
                "Once you are sure that the node is down, delete the pod on node \"node2\": kubectl delete pod"
                        + " traffic-manager-0 --namespace ns --force",
                fault.remedy());
        assertEquals(0, waits);
        assertEquals(Optional.of(fault), pods.lost().get());
    }

    @Test
    void whatOthersThanAStatefulSetReplaceNeedsNobody() {
        there(silent("").replace("StatefulSet", "ReplicaSet"));
        api.first.add(node("Unknown"));
        assertEquals(
                "the traffic-manager in namespace \"ns\" cannot be reached: its node \"node2\" is lost, and its pod"
                        + " traffic-manager-0 will be replaced in a few minutes. Try again then",
                fault(LONG).toString());
    }

    @Test
    void aNodeThatWasDeletedIsNotLostForItsPodGoesToo() throws Exception {
        there(silent(""));
        api.first.add(new Answer(404, "{}"));
        there();
        there(FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
        assertEquals(1, waits);
        assertEquals(Optional.empty(), pods.lost().get());
    }

    @ParameterizedTest
    @ValueSource(ints = {401, 429, 500, 503})
    void anApiServerThatCannotTellNowIsNoSignOfALostNode(int status) throws Exception {
        there(silent(""));
        api.first.add(new Answer(status, "{}"));
        if (status == 401) {
            api.first.add(new Answer(status, "{}"));
        }
        there(FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
    }

    @Test
    void whoMayNotSeeTheNodeIsToldByThePodAloneWhichIsLookedAtAgain() {
        forGood(silent("\"deletionTimestamp\":\"2026-01-01T00:00:00Z\","));
        long begin = System.nanoTime();
        Fault fault = fault(LONG);
        assertTrue(fault.text().contains("its node \"node2\" is lost"), "also when it is to go");
        assertTrue(System.nanoTime() - begin >= Duration.ofSeconds(1).toNanos(), "after a while");
        assertEquals(1, waits);
        assertEquals(Optional.of(fault), pods.lost().get());
    }

    @Test
    void aKubeletThatHasJustBegunLooksLostOnlyForAMoment() throws Exception {
        pods = pods(LONG);
        for (int look = 0; look < 2; look++) {
            there(silent(""));
            api.first.add(new Answer(403, "{}"));
        }
        there(FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
        assertEquals(Optional.empty(), pods.lost().get());
    }

    @Test
    void itIsLookedAtAgainNoLongerThanTheWholeMayTake() {
        pods = pods(LONG);
        forGood(silent(""));
        assertTrue(fault(Duration.ofMillis(700)).text().contains("its node \"node2\" is lost"));
        assertTrue(fault(Duration.ZERO).text().contains("is lost"), "it has been seen more than once");
    }

    @Test
    void whoDialsDoesNotWaitForTheSecondLook() {
        pods = pods(Duration.ZERO);
        forGood(silent(""));
        assertTrue(dialFault().text().contains("is running, but not ready"), "once is not enough");
        assertEquals(Optional.empty(), pods.lost().get());
        Fault lost = dialFault();
        assertTrue(lost.text().contains("its node \"node2\" is lost"), lost::text);
        assertEquals(Optional.of(lost), pods.lost().get());
    }

    @Test
    void somebodyMayHaveDeletedThePodSinceTheLastLook() throws Exception {
        there(silent(""));
        api.first.add(node("Unknown"));
        Fault lost = fault(LONG);
        there(silent(""));
        api.first.add(node("Unknown"));
        assertEquals(Optional.of(lost), pods.stillLost());
        there();
        assertEquals(Optional.empty(), pods.stillLost());
        assertEquals(Optional.empty(), pods.lost().get());
    }

    @Test
    void theNextOneOrTheNodeThatIsBackEndsIt() throws Exception {
        there(silent(""));
        api.first.add(node("Unknown"));
        fault(LONG);
        there(silent(""));
        api.first.add(node("True"));
        there(silent(""), FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
        assertEquals(1, waits, "for the kubelet that has just come back");
        assertEquals(Optional.empty(), pods.lost().get());
    }

    @Test
    void aPodThatWaitsForSomethingElseIsNotLost() throws Exception {
        there(silent("").replace("\"nodeName\"", "\"readinessGates\":[{}],\"nodeName\""));
        there(silent("").replace("ContainersReady\",\"status\":\"True", "ContainersReady\",\"status\":\"False"));
        there(FakeApi.pod("m", true));
        pods.await(LONG, this::waits);
        assertEquals("m", pods.current().name());
    }

    /** As the control plane leaves it when the kubelet says nothing any more. */
    private static String silent(String metadata) {
        return "{\"metadata\":{" + metadata + "\"name\":\"traffic-manager-0\",\"namespace\":\"ns\","
                + "\"ownerReferences\":[{\"kind\":\"StatefulSet\",\"name\":\"traffic-manager\",\"controller\":true}]},"
                + "\"spec\":{\"nodeName\":\"node2\"},\"status\":{\"phase\":\"Running\",\"conditions\":["
                + "{\"type\":\"ContainersReady\",\"status\":\"True\"},{\"type\":\"Ready\",\"status\":\"False\"}]}}";
    }

    private static Answer node(String ready) {
        return new Answer(200, "{\"status\":{\"conditions\":[{\"type\":\"Ready\",\"status\":\"" + ready + "\"}]}}");
    }

    /** What the API server says next: these pods. */
    private void there(String... all) {
        api.first.add(new Answer(200, "{\"items\":[" + String.join(",", all) + "]}"));
    }

    /** Whenever it is asked: this pod, of whose node it does not tell. */
    private void forGood(String pod) {
        api.answers.put("/api/v1/namespaces/ns/pods", new Answer(200, "{\"items\":[" + pod + "]}"));
        api.answers.put("/api/v1/nodes/node2", new Answer(403, "{}"));
    }

    private Fault dialFault() {
        return assertThrows(FaultException.class, () -> pods.current()).fault();
    }

    private Fault fault(Duration limit) {
        return assertThrows(FaultException.class, () -> pods.await(limit, this::waits))
                .fault();
    }

    private void waits() {
        waits++;
    }
}
