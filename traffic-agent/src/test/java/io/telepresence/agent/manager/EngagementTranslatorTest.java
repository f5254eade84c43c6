package io.telepresence.agent.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter.Rule;
import io.telepresence.rpc.engagement.EngagedPort;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.List;
import org.junit.jupiter.api.Test;

class EngagementTranslatorTest {
    private static final Port PORT = new Port(Transport.TCP, 8080);

    @Test
    void activeInterceptsBecomeRules() {
        assertEquals(
                taken(new ClientEndpoint("id", "box", 3000, false), HttpFilter.ALL, EngagementKind.INTERCEPT),
                translate(EngagementKind.INTERCEPT, "ACTIVE", "box", port(8080, 3000)));
    }

    @Test
    void aReplaceDeliversWhileItsPodsComeAndGo() {
        for (String disposition : List.of("WAITING", "ACTIVE", "ENDING")) {
            assertEquals(
                    taken(new ClientEndpoint("id", "127.0.0.1", 8080, false), HttpFilter.ALL, EngagementKind.REPLACE),
                    translate(EngagementKind.REPLACE, disposition, "", port(8080, 0)));
        }
        assertEquals(RouteTable.NONE, translate(EngagementKind.REPLACE, "BAD_ARGS", "", port(8080, 0)));
    }

    @Test
    void aWiretapTakesNothingAway() {
        RouteTable rules = translate(EngagementKind.WIRETAP, "ACTIVE", "", port(8080, 1));
        assertEquals(
                List.of(new Rule<>(
                        new ClientEndpoint("id", "127.0.0.1", 1, false), EngagementKind.WIRETAP, HttpFilter.ALL)),
                rules.of(PORT).mirrors());
        assertEquals(List.of(), rules.of(PORT).takers());
    }

    @Test
    void filtersAreKept() {
        EngagementSpec spec = EngagementSpec.newBuilder()
                .setKind(EngagementCodec.toWire(EngagementKind.INTERCEPT))
                .setPlaintext(true)
                .addHttpHeaders(HttpHeader.newBuilder().setName("x-user").setValue("ann"))
                .build();
        assertEquals(
                taken(
                        new ClientEndpoint("id", "127.0.0.1", 1, true),
                        new HttpFilter(List.of(new HeaderMatch("X-User", "ann")), List.of()),
                        EngagementKind.INTERCEPT),
                translate(spec, "ACTIVE", port(8080, 1)));
        EngagementSpec bad = spec.toBuilder()
                .addHttpPaths(HttpPath.newBuilder().setKind(HttpPath.Kind.REGEX).setValue("("))
                .build();
        assertEquals(RouteTable.NONE, translate(bad, "ACTIVE", port(8080, 1)));
    }

    @Test
    void othersAndUnknownOnesDoNot() {
        assertEquals(RouteTable.NONE, translate(EngagementKind.INTERCEPT, "WAITING", "", port(8080, 1)));
        assertEquals(RouteTable.NONE, translate(EngagementKind.WIRETAP, "WAITING", "", port(8080, 1)));
        assertEquals(RouteTable.NONE, translate(EngagementKind.INGEST, "ACTIVE", "", port(8080, 1)));
        assertEquals(RouteTable.NONE, translate(EngagementKind.INTERCEPT, "ACTIVE", "", port(70_000, 1)));
        EngagedPort strange = EngagedPort.newBuilder()
                .setProtocolValue(77)
                .setContainerPort(8080)
                .build();
        assertEquals(RouteTable.NONE, translate(EngagementKind.INTERCEPT, "ACTIVE", "", strange));
    }

    private static RouteTable taken(ClientEndpoint target, HttpFilter filter, EngagementKind kind) {
        return RouteTable.builder().add(PORT, new Rule<>(target, kind, filter)).build();
    }

    private static EngagedPort port(int container, int local) {
        return EngagedPort.newBuilder()
                .setProtocol(Protocol.TCP)
                .setContainerPort(container)
                .setLocalPort(local)
                .build();
    }

    private static RouteTable translate(EngagementKind kind, String disposition, String host, EngagedPort port) {
        return translate(
                EngagementSpec.newBuilder()
                        .setKind(EngagementCodec.toWire(kind))
                        .setTargetHost(host)
                        .build(),
                disposition,
                port);
    }

    private static RouteTable translate(EngagementSpec spec, String disposition, EngagedPort port) {
        return EngagementTranslator.rules(EngagementCodec.engagements(EngagementSnapshot.newBuilder()
                .addEngagements(Engagement.newBuilder()
                        .setId("id")
                        .setSpec(spec)
                        .setDisposition(disposition)
                        .addPorts(port))
                .build()));
    }
}
