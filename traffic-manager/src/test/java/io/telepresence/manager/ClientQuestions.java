package io.telepresence.manager;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.manager.ClientBeat;
import io.telepresence.rpc.manager.DisengageRequest;
import io.telepresence.rpc.manager.DnsQuestion;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.GatherLogsRequest;
import io.telepresence.rpc.manager.PingRequest;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.YamlRequest;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Each call of a client, in an order in which all of them have something to say. */
final class ClientQuestions {
    private ClientQuestions() {}

    static Map<String, Message> of(String session) {
        Map<String, Message> all = new LinkedHashMap<>();
        all.put("Version", Empty.getDefaultInstance());
        all.put("BeginProof", Empty.getDefaultInstance());
        all.put("Prove", ProofTicket.newBuilder().setName(session).build());
        all.put(
                "ArriveAsClient",
                TwoClients.arrival("ann").toBuilder().clearSeat().build());
        all.put("Remain", ClientBeat.newBuilder().setSessionId(session).build());
        for (String method : List.of("WatchClusterInfo", "WatchEngagements", "WatchDials", "GetClientConfig")) {
            all.put(method, TwoClients.ref(session));
        }
        WorkloadQuery everywhere =
                WorkloadQuery.newBuilder().setSessionId(session).build();
        all.put("ListWorkloads", everywhere);
        all.put("WatchWorkloads", everywhere);
        all.putAll(aboutEngagements(session));
        all.put(
                "LookupDns",
                DnsQuestion.newBuilder()
                        .setSessionId(session)
                        .setName("echo.default.svc.cluster.local")
                        .setType(1)
                        .setTimeoutMs(200)
                        .build());
        all.put(
                "Ping",
                PingRequest.newBuilder()
                        .setSessionId(session)
                        .setIp(ByteString.copyFrom(new byte[] {127, 0, 0, 1}))
                        .setTimeoutMs(200)
                        .build());
        all.put(
                "SetLogLevel",
                LogLevelRequest.newBuilder()
                        .setSessionId(session)
                        .setLevel("TRACE")
                        .build());
        all.put(
                "Uninstall",
                UninstallRequest.newBuilder()
                        .setSessionId(session)
                        .addWorkloads("echo")
                        .build());
        all.put(
                "GatherLogs",
                GatherLogsRequest.newBuilder()
                        .setSessionId(session)
                        .setTrafficManager(true)
                        .setTrafficAgents("all")
                        .setPodYaml(true)
                        .build());
        all.put("Depart", TwoClients.ref(session));
        return all;
    }

    private static Map<String, Message> aboutEngagements(String session) {
        Map<String, Message> all = new LinkedHashMap<>();
        all.put(
                "Engage",
                EngageRequest.newBuilder()
                        .setSessionId(session)
                        .setSpec(TwoClients.spec(EngagementKind.REPLACE, "all", "shop")
                                .clearPorts())
                        .build());
        all.put(
                "Disengage",
                DisengageRequest.newBuilder()
                        .setSessionId(session)
                        .setName("echo")
                        .build());
        all.put(
                "Explain",
                ExplainRequest.newBuilder()
                        .setSessionId(session)
                        .setMethod("GET")
                        .setHost("echo")
                        .setTarget("/")
                        .setLast(100)
                        .build());
        all.put(
                "GenerateYaml",
                YamlRequest.newBuilder()
                        .setSessionId(session)
                        .setWorkload("echo")
                        .build());
        return all;
    }
}
