package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.session.AgentSession;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.sidecar.VolumeRules;
import io.telepresence.manager.tunnel.PodAccessRules.Answer;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.tunnel.Files;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.rpc.tunnel.View;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class PodAccessTargetsTest {
    private static final WorkloadRef ECHO = new WorkloadRef("Deployment", "default", "echo");
    private final CreateEngagementBench bench = new CreateEngagementBench();
    private VolumeRules.Limits limits = VolumeRules.Limits.NONE;
    private final PodAccessTargets targets =
            new PodAccessTargets(bench.engagements, bench.sessions, bench.workloads, _ -> limits);
    private ClientSession ann;
    private AgentSession first;
    private AgentSession second;

    @BeforeEach
    void engage() throws Exception {
        ann = client("ann");
        first = agent("10.0.0.1", Set.of());
        second = agent("10.0.0.2", Set.of("app"));
        restore(EngagementKind.INTERCEPT, "mine");
        restore(EngagementKind.INGEST, "echo");
        restore(EngagementKind.WIRETAP, "tap");
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    private void restore(EngagementKind kind, String name) throws Exception {
        CreateEngagement createEngagement = bench.createEngagement;
        EngagementSpec spec = EngagementSpec.newBuilder()
                .setKind(kind)
                .setName(name)
                .setNamespace("default")
                .setWorkload("echo")
                .setTargetHost("127.0.0.1")
                .addToPod(PodPort.newBuilder().setPort(5432))
                .build();
        createEngagement.restore(ann, EngagementCodec.spec(spec), new CreateEngagement.Before("", "10.0.0.2", ""));
    }

    @Test
    void theAgentOfTheNamedPodComesFirst() {
        Answer.Granted view = granted("mine", reach().setView(View.getDefaultInstance()));
        assertEquals(List.of(second, first), view.agents());
        assertEquals("app", view.container());
    }

    @Test
    void onlyInterceptsAndReplacesWriteFiles() {
        Files write = Files.getDefaultInstance();
        assertEquals(
                false,
                granted("mine", reach().setFiles(write)).reach().getFiles().getReadOnly());
        assertEquals(
                true,
                granted("mine", reach().setFiles(Files.newBuilder().setReadOnly(true)))
                        .reach()
                        .getFiles()
                        .getReadOnly());
        assertEquals(
                true,
                granted("echo/app", reach().setFiles(write)).reach().getFiles().getReadOnly());
        assertEquals(
                true, granted("tap", reach().setFiles(write)).reach().getFiles().getReadOnly());
    }

    @Test
    void nobodyWritesWherePoliciesForbidIt() {
        limits = new VolumeRules.Limits(Set.of(), false, true);
        assertEquals(
                true,
                granted("mine", reach().setFiles(Files.getDefaultInstance()))
                        .reach()
                        .getFiles()
                        .getReadOnly());
    }

    /** Agents that were there before the policy: their files are had only from pods that were made under it. */
    @Test
    void filesOfAgentsThatShareTooMuchAreNotHad() {
        limits = new VolumeRules.Limits(Set.of("keys"), false, false);
        Reach.Builder files = reach().setFiles(Files.getDefaultInstance());
        assertDenied(find(ann, "mine", files, Transport.TCP));
        pod("10.0.0.1", "{\"volumeLimits\": {\"withheld\": [\"keys\"]}}");
        pod("10.0.0.2", "{\"volumeLimits\": {\"withheld\": [\"other\"]}}");
        assertEquals(List.of(first), granted("mine", files).agents());
        assertEquals(
                List.of(second, first),
                granted("mine", reach().setView(View.getDefaultInstance())).agents());
    }

    private void pod(String ip, String config) {
        bench.cluster.add("{apiVersion: v1, kind: Pod, metadata: {name: pod-" + ip + ", uid: " + ip
                + ", annotations: {telepresence.io/agent-config: '" + config + "'}}, spec: {containers: []}}");
    }

    @Test
    void portsAreThoseThatWereAskedFor() {
        assertEquals(5432, granted("mine", reach().setPort(5432)).reach().getPort());
        assertDenied(find(ann, "mine", reach().setPort(22), Transport.TCP));
        assertDenied(find(ann, "mine", reach().setPort(5432), Transport.UDP));
        assertDenied(find(ann, "mine", reach(), Transport.TCP));
    }

    @Test
    void nobodyUsesTheEngagementOfAnother() {
        Reach wish = reach().setEngagementId(
                        bench.engagements.find(ann, "mine").orElseThrow().id())
                .setView(View.getDefaultInstance())
                .build();
        assertDenied(targets.find(client("bob"), wish, Transport.TCP));
        bench.engagements.expel(
                bench.engagements.find(ann, "mine").orElseThrow().id(), "revoked");
        assertDenied(targets.find(ann, wish, Transport.TCP));
    }

    private static Reach.Builder reach() {
        return Reach.newBuilder();
    }

    private Answer.Granted granted(String name, Reach.Builder wish) {
        return assertInstanceOf(Answer.Granted.class, find(ann, name, wish, Transport.TCP));
    }

    private Answer find(ClientSession client, String name, Reach.Builder wish, Transport protocol) {
        return targets.find(
                client,
                wish.setEngagementId(
                                bench.engagements.find(ann, name).orElseThrow().id())
                        .build(),
                protocol);
    }

    private static void assertDenied(Answer answer) {
        assertInstanceOf(Answer.Denied.class, answer);
    }

    private ClientSession client(String name) {
        return bench.sessions
                .arrive(new ClientSession.Client(name, name, "default", ""), "")
                .session();
    }

    private AgentSession agent(String ip, Set<String> replaced) {
        return bench.sessions
                .arrive(new AgentSession.Agent("pod-" + ip, ip, ip, ECHO, "v0.1.0", Set.of(), replaced), "")
                .session();
    }
}
