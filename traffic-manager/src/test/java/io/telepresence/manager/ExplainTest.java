package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.engagement.EngagementCodec;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.grpc.TrafficTranslator;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.lifecycle.CreateEngagementBench;
import io.telepresence.manager.report.RouteExplainer;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.manager.rights.FakeReviews;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.Explanation;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExplainTest {
    private final CreateEngagementBench bench = new CreateEngagementBench();
    private final RouteExplainer explainer = new RouteExplainer(
            bench.workloads,
            bench.sidecars,
            bench.engagements,
            new TrafficStats(bench.engagements, bench.sessions),
            FakeReviews.anybody(),
            CreateEngagementBench.none(bench.workloads));
    private ClientSession ann;

    @BeforeEach
    void engage() throws Exception {
        ann = bench.sessions
                .arrive(new ClientSession.Client("ann@laptop", "ann", "default", ""), "")
                .session();
        engage("all", EngagementSpec.newBuilder().setKind(EngagementKind.INTERCEPT));
        engage(
                "admin",
                EngagementSpec.newBuilder()
                        .setKind(EngagementKind.INTERCEPT)
                        .addHttpPaths(HttpPath.newBuilder()
                                .setKind(HttpPath.Kind.PREFIX)
                                .setValue("/admin/")));
        engage(
                "alice",
                EngagementSpec.newBuilder()
                        .setKind(EngagementKind.INTERCEPT)
                        .addHttpHeaders(
                                HttpHeader.newBuilder().setName("x-user").setValue("alice")));
        engage("tap", EngagementSpec.newBuilder().setKind(EngagementKind.WIRETAP));
        engage("see", EngagementSpec.newBuilder().setKind(EngagementKind.INGEST));
    }

    @AfterEach
    void close() throws Exception {
        bench.close();
    }

    private void engage(String name, EngagementSpec.Builder spec) throws Exception {
        spec.setName(name).setNamespace("default").setWorkload("echo").setTargetHost("127.0.0.1");
        bench.createEngagement.restore(
                ann, EngagementCodec.spec(spec.build()), new CreateEngagement.Before("", "10.0.0.1", ""));
    }

    @Test
    void rulesComeInTheOrderOfJudgementEachWithItsReason() throws Exception {
        Explanation bob = explain(request("echo", "/admin/x?y").addHeaders(header("X-User", "bob")));
        assertEquals("Deployment echo default 8080", subject(bob));
        assertEquals(
                """
                alice false: header X-User is 'bob', not 'alice'
                admin true: it takes HTTP requests with path-prefix /admin/
                all false: it matches, but the intercept "admin" of ann@laptop comes first
                tap true: it takes everything on the port
                """,
                rules(bob));
        assertEquals(id("admin"), bob.getTakerId());
        Explanation alice =
                explain(request("echo.default.svc.cluster.local", "/").addHeaders(header("x-user", "alice")));
        assertEquals(id("alice"), alice.getTakerId());
        assertEquals(id("all"), explain(request("10.244.0.5", "/")).getTakerId());
        assertEquals(id("all"), explain(request("10.96.1.1", "/").setPort("80")).getTakerId());
        assertEquals(id("all"), explain(request("echo", "/").setPort("web")).getTakerId());
    }

    @Test
    void whatDoesNotExistIsNamed() {
        assertEquals(
                "found no Deployment, ReplicaSet or StatefulSet named nothing in namespace default",
                fault("nothing", ""));
        assertTrue(fault("echo.nowhere", "").contains("namespace nowhere does not exist"));
        assertEquals("Deployment echo.default has no port 81 that can be engaged", fault("echo", "81"));
    }

    private String fault(String host, String port) {
        return assertThrows(
                        FaultException.class, () -> explain(request(host, "/").setPort(port)))
                .fault()
                .text();
    }

    private String id(String name) {
        return bench.engagements.find(ann, name).orElseThrow().id();
    }

    private Explanation explain(ExplainRequest.Builder request) throws Exception {
        return TrafficTranslator.toWire(
                explainer.explain(ann.person(), TrafficTranslator.fromWire(request.build(), "default")), Map.of());
    }

    private static ExplainRequest.Builder request(String host, String target) {
        return ExplainRequest.newBuilder().setMethod("GET").setHost(host).setTarget(target);
    }

    private static HttpHeader header(String name, String value) {
        return HttpHeader.newBuilder().setName(name).setValue(value).build();
    }

    private static String subject(Explanation e) {
        return String.join(
                " ", e.getWorkloadKind(), e.getWorkload(), e.getNamespace(), Integer.toString(e.getContainerPort()));
    }

    private static String rules(Explanation explanation) {
        StringBuilder text = new StringBuilder();
        explanation.getRulesList().forEach(r -> text.append(
                        r.getEngagement().getSpec().getName())
                .append(' ')
                .append(r.getTakes())
                .append(": ")
                .append(r.getReason())
                .append('\n'));
        return text.toString();
    }
}
