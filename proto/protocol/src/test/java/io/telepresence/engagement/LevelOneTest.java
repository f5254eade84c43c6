package io.telepresence.engagement;

import static org.junit.jupiter.api.Assertions.assertEquals;

import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.DescriptorProtos.FileDescriptorSet;
import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FileDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import com.google.protobuf.TextFormat;
import io.telepresence.agree.Transport;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import io.telepresence.rpc.agent.AgentPort;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import java.io.InputStream;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/**
 * Peers of protocol level 1 read what this version writes, and the other way round: {@code level-1.desc} has the messages as
 * they were (protoc's descriptor set of {@code manager.proto}).
 */
class LevelOneTest {
    private static final String ENGAGEMENT =
            """
            id: "1d:mine"
            spec {
              kind: REPLACE
              name: "mine"
              namespace: "shop"
              workload: "echo"
              target_host: "127.0.0.1"
              ports { local_port: 8080 identifier: "http" }
              mechanism: "tcp"
              metadata { key: "k" value: "v" }
              to_pod { protocol: UDP port: 53 }
            }
            client: "ann@laptop"
            disposition: "ENDING"
            message: "why"
            workload_kind: "StatefulSet"
            ports {
              protocol: UDP
              local_port: 5353
              container_port: 53
              container: "app"
              service_name: "dns"
              service_port_name: "dns-udp"
              service_port: 53
            }
            pod_ip: "10.0.0.1"
            container: "app"
            count { engagement_id: "1d:mine" delivered: 1 dropped: 2 failed_open: 3 }
            """;
    private static final Engagement READ = new Engagement(
            "1d:mine",
            "ann@laptop",
            new EngagementSpec(
                    EngagementKind.REPLACE,
                    "mine",
                    "shop",
                    "echo",
                    "",
                    "",
                    "",
                    "127.0.0.1",
                    List.of(new PortRequest(8080, "http")),
                    new EngagementOptions(
                            HttpFilter.ALL, "tcp", false, Map.of("k", "v"), List.of(new Port(Transport.UDP, 53)))),
            new EngagementStatus(
                    EngagementState.TERMINATING,
                    "why",
                    "StatefulSet",
                    "app",
                    List.of(new EngagedPort(new Port(Transport.UDP, 53), 5353, "app", "dns", "dns-udp", 53)),
                    "10.0.0.1",
                    Optional.of(new TrafficCount(1, 2, 3))));

    private static final Map<String, Descriptor> MESSAGES = new HashMap<>();

    @BeforeAll
    static void read() throws Exception {
        try (InputStream in = LevelOneTest.class.getResourceAsStream("level-1.desc")) {
            Map<String, FileDescriptor> files = new HashMap<>();
            // In the order of their dependencies.
            for (FileDescriptorProto file : FileDescriptorSet.parseFrom(in).getFileList()) {
                FileDescriptor[] needed =
                        file.getDependencyList().stream().map(files::get).toArray(FileDescriptor[]::new);
                FileDescriptor built = FileDescriptor.buildFrom(file, needed);
                files.put(file.getName(), built);
                built.getMessageTypes().forEach(m -> MESSAGES.put(m.getName(), m));
            }
        }
    }

    private static DynamicMessage old(String type, String text) throws Exception {
        DynamicMessage.Builder message = DynamicMessage.newBuilder(MESSAGES.get(type));
        TextFormat.merge(text, message);
        return message.build();
    }

    /** What a peer of level 1 makes of it, without what it does not know. */
    private static DynamicMessage asOld(String type, Message now) throws Exception {
        DynamicMessage read = DynamicMessage.parseFrom(MESSAGES.get(type), now.toByteArray());
        return known(read);
    }

    private static DynamicMessage known(DynamicMessage message) {
        DynamicMessage.Builder known = DynamicMessage.newBuilder(message.getDescriptorForType());
        message.getAllFields().forEach((field, value) -> {
            if (value instanceof DynamicMessage inner) {
                known.setField(field, known(inner));
            } else if (field.isRepeated()
                    && !((List<?>) value).isEmpty()
                    && ((List<?>) value).getFirst() instanceof DynamicMessage) {
                known.setField(
                        field,
                        ((List<?>) value)
                                .stream().map(v -> known((DynamicMessage) v)).toList());
            } else {
                known.setField(field, value);
            }
        });
        return known.build();
    }

    @Test
    void anEngagementOfAnOldManager() throws Exception {
        byte[] bytes =
                old("EngagementSnapshot", "engagements {" + ENGAGEMENT + "}").toByteArray();
        assertEquals(List.of(READ), EngagementCodec.engagements(EngagementSnapshot.parseFrom(bytes)));
    }

    @Test
    void anEngagementForAnOldClientOrAgent() throws Exception {
        assertEquals(
                old("EngagementSnapshot", "engagements {" + ENGAGEMENT + "}"),
                asOld("EngagementSnapshot", EngagementCodec.snapshot(List.of(READ))));
    }

    @Test
    void aWishOfAnOldClient() throws Exception {
        DynamicMessage request = old(
                "EngageRequest",
                """
                session_id: "s"
                spec {
                  kind: WIRETAP name: "tap" namespace: "shop" workload: "echo"
                  http_headers { name: "x-user" value: "ann" }
                  http_paths { kind: PREFIX value: "/api" }
                }
                timeout_ms: 5
                """);
        var read = io.telepresence.rpc.manager.EngageRequest.parseFrom(request.toByteArray());
        EngagementSpec spec = EngagementCodec.spec(read.getSpec());
        assertEquals(EngagementKind.WIRETAP, spec.kind());
        assertEquals(
                "HTTP requests with path-prefix /api and header 'X-User: ann'",
                spec.filter().describe());
        assertEquals("http", spec.options().mechanism());
    }

    /** A manager that has been upgraded is told by its clients what they have. */
    @Test
    void whatAnOldClientBrings() throws Exception {
        byte[] bytes = old("ClientArrival", "resume_session_id: \"s\" engagements {" + ENGAGEMENT + "}")
                .toByteArray();
        var read = io.telepresence.rpc.manager.ClientArrival.parseFrom(bytes);
        assertEquals(List.of(READ), EngagementCodec.engagements(read.getEngagementsList()));
    }

    /** The environment was a field of the engagement, which only the client filled: it means nothing here. */
    @Test
    void whatOnlyAnOldClientKnewIsPassedOver() throws Exception {
        byte[] bytes = old(
                        "Engagement",
                        ENGAGEMENT + "environment { key: \"A\" value: \"b\" } mount { local_dir: \"/m\" }")
                .toByteArray();
        assertEquals(
                READ,
                EngagementCodec.engagement(io.telepresence.rpc.engagement.Engagement.parseFrom(bytes))
                        .orElseThrow());
    }

    @Test
    void anOldAgentAndAnOldPodsConfig() throws Exception {
        DynamicMessage beat = old("AgentBeat", "session_id: \"s\" counts { engagement_id: \"1d:mine\" delivered: 7 }");
        assertEquals(
                AgentBeat.newBuilder()
                        .setSessionId("s")
                        .addCounts(io.telepresence.rpc.engagement.TrafficCount.newBuilder()
                                .setEngagementId("1d:mine")
                                .setDelivered(7))
                        .build(),
                AgentBeat.parseFrom(beat.toByteArray()));
        AgentConfig config = AgentConfig.newBuilder()
                .setWorkload("echo")
                .addContainers(AgentContainer.newBuilder()
                        .setName("app")
                        .setReplaced(true)
                        .addPorts(AgentPort.newBuilder().setContainerPort(8080).setAgentPort(9900)))
                .build();
        DynamicMessage written = old(
                "AgentConfig",
                "workload: \"echo\" containers { name: \"app\" replaced: true"
                        + " ports { container_port: 8080 agent_port: 9900 } }");
        assertEquals(written, asOld("AgentConfig", config));
        assertEquals(config, AgentConfig.parseFrom(written.toByteArray()));
    }

    @Test
    void noFieldOfLevelOneMeansSomethingElseNow() throws FaultException {
        for (var now : List.of(
                io.telepresence.rpc.engagement.Engagement.getDescriptor(),
                io.telepresence.rpc.engagement.EngagementSpec.getDescriptor(),
                io.telepresence.rpc.engagement.EngagedPort.getDescriptor(),
                AgentConfig.getDescriptor(),
                AgentContainer.getDescriptor(),
                AgentPort.getDescriptor(),
                AgentBeat.getDescriptor())) {
            Descriptor before = MESSAGES.get(now.getName());
            now.getFields().forEach(field -> {
                var old = before.findFieldByNumber(field.getNumber());
                if (old != null) {
                    assertEquals(old.getName() + " " + old.getType(), field.getName() + " " + field.getType());
                }
            });
        }
    }
}
