package io.telepresence.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.HttpPath;
import io.telepresence.rpc.engagement.PodPort;
import io.telepresence.rpc.tunnel.Protocol;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class EngagementCodecTest {
    private static EngagementSpec spec(EngagementKind kind) throws FaultException {
        return new EngagementSpec(
                kind,
                "mine",
                "shop",
                "echo",
                "Deployment",
                "api",
                "app",
                "box",
                List.of(new PortRequest(8080, "http"), new PortRequest(0, "53/UDP")),
                new EngagementOptions(
                        new HttpFilter(
                                List.of(HeaderMatch.of("x-user", "ann")),
                                List.of(
                                        PathMatch.of(PathMatch.Kind.EQUAL, "/a"),
                                        PathMatch.of(PathMatch.Kind.PREFIX, "/b"),
                                        PathMatch.of(PathMatch.Kind.REGEX, "/c.*"))),
                        "http",
                        true,
                        Map.of("k", "v"),
                        List.of(new Port(Transport.TCP, 5432), new Port(Transport.UDP, 53))));
    }

    private static Engagement engagement(EngagementState state) throws FaultException {
        return new Engagement(
                "1d:mine",
                "ann@laptop",
                spec(EngagementKind.INTERCEPT),
                new EngagementStatus(
                        state,
                        "why",
                        "StatefulSet",
                        "app",
                        List.of(new EngagedPort(new Port(Transport.UDP, 53), 5353, "app", "dns", "dns-udp", 53)),
                        "10.0.0.1",
                        Optional.of(new TrafficCount(1, 2, 3))));
    }

    @ParameterizedTest
    @EnumSource(EngagementKind.class)
    void aSpecThereAndBack(EngagementKind kind) throws FaultException {
        assertEquals(spec(kind), EngagementCodec.spec(EngagementCodec.toWire(spec(kind))));
    }

    @ParameterizedTest
    @EnumSource(EngagementState.class)
    void anEngagementThereAndBack(EngagementState state) throws FaultException {
        List<Engagement> all = List.of(engagement(state));
        assertEquals(all, EngagementCodec.engagements(EngagementCodec.snapshot(all)));
    }

    /** A peer of level 1 knows the texts only. */
    @ParameterizedTest
    @CsvSource({"WAITING,WAITING", "ACTIVE,ACTIVE", "ENDING,TERMINATING", "BAD_ARGS,REMOVED", "NO_AGENT,UNKNOWN"})
    void aStateOfLevelOne(String disposition, EngagementState state) throws FaultException {
        var wire = EngagementCodec.toWire(engagement(EngagementState.ACTIVE)).toBuilder()
                .clearState()
                .setDisposition(disposition)
                .build();
        assertEquals(state, EngagementCodec.engagement(wire).orElseThrow().state());
        if (state != EngagementState.UNKNOWN) {
            assertEquals(disposition, EngagementCodec.toWire(engagement(state)).getDisposition());
        }
    }

    @Test
    void whatIsLeftOutHasItsDefault() throws FaultException {
        EngagementSpec spec = EngagementCodec.spec(io.telepresence.rpc.engagement.EngagementSpec.newBuilder()
                .setKind(EngagementCodec.toWire(EngagementKind.WIRETAP))
                .build());
        assertEquals("127.0.0.1", spec.targetHost());
        assertEquals(EngagementOptions.NONE, spec.options());
        var wire = EngagementCodec.toWire(engagement(EngagementState.ACTIVE)).toBuilder();
        wire.getPortsBuilder(0).clearLocalPort();
        EngagedPort port = EngagementCodec.engagement(wire.build())
                .orElseThrow()
                .status()
                .ports()
                .getFirst();
        assertEquals(53, port.localPort(), "the same as the container's");
    }

    /** Whoever reads goes on with what he knows; the manager refuses what it would not keep. */
    @Test
    void whatOnlyALaterVersionKnows() throws FaultException {
        var wire = EngagementCodec.toWire(engagement(EngagementState.ACTIVE)).toBuilder();
        wire.getPortsBuilder(0).setProtocolValue(77);
        wire.addPortsBuilder().setContainerPort(70_000);
        wire.setStateValue(77);
        wire.getSpecBuilder().getHttpPathsBuilder(0).setKindValue(77);
        Engagement read = EngagementCodec.engagement(wire.build()).orElseThrow();
        assertEquals(List.of(), read.status().ports());
        assertEquals(EngagementState.UNKNOWN, read.state());
        assertTrue(read.spec().filter().isUnknown());
        assertThrows(FaultException.class, () -> EngagementCodec.spec(wire.getSpec()));

        wire.getSpecBuilder().setKindValue(77);
        assertEquals(
                List.of(),
                EngagementCodec.engagements(
                        EngagementSnapshot.newBuilder().addEngagements(wire).build()));
        FaultException kind = assertThrows(FaultException.class, () -> EngagementCodec.spec(wire.getSpec()));
        assertEquals(
                "this version does not know that kind of engagement",
                kind.fault().text());
    }

    @ParameterizedTest
    @ValueSource(ints = {0, -1, 65_536})
    void noPort(int number) throws FaultException {
        var wire = EngagementCodec.toWire(spec(EngagementKind.INGEST)).toBuilder()
                .clearHttpHeaders()
                .clearHttpPaths()
                .addToPod(PodPort.newBuilder().setProtocol(Protocol.TCP).setPort(number))
                .build();
        assertThrows(FaultException.class, () -> EngagementCodec.spec(wire));
    }

    @Test
    void noFilter() throws FaultException {
        var wire = EngagementCodec.toWire(spec(EngagementKind.INTERCEPT)).toBuilder()
                .addHttpPaths(HttpPath.newBuilder().setKind(HttpPath.Kind.REGEX).setValue("("))
                .build();
        FaultException bad = assertThrows(FaultException.class, () -> EngagementCodec.spec(wire));
        assertTrue(
                bad.fault().text().contains("is not a valid regular expression"),
                bad.fault().text());
    }
}
