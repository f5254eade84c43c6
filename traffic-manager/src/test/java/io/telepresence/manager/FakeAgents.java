package io.telepresence.manager;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.telepresence.agree.Versions;
import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.agent.AgentSession;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Open;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/**
 * Agents that do nothing but listen: one arrives for each workload that is to have one, as the pod NAME-abc-1. Any
 * thread.
 */
final class FakeAgents implements AutoCloseable {
    private final FakeApiServer api;
    private final Supplier<InetSocketAddress> manager;
    private final Map<String, Agent> agents = new LinkedHashMap<>();

    FakeAgents(FakeApiServer api, Supplier<InetSocketAddress> manager) {
        this.api = api;
        this.manager = manager;
    }

    /** One that has arrived. */
    private record Agent(Conversation talk, String session, Conversation.Answers reaches) {}

    /** @param json an AgentConfig */
    synchronized void wanted(String json) {
        try {
            AgentConfig.Builder config = AgentConfig.newBuilder();
            JsonFormat.parser().merge(json, config);
            if (!agents.containsKey(config.getWorkload())) {
                agents.put(config.getWorkload(), arrive(config.build()));
            }
        } catch (InvalidProtocolBufferException e) {
            throw new IllegalStateException(e);
        } catch (Exception e) {
            throw new IllegalStateException("an agent cannot arrive", e);
        }
    }

    private Agent arrive(AgentConfig config) throws Exception {
        String pod = config.getWorkload() + "-abc-1";
        api.with(
                "/apis/authentication.k8s.io/v1/tokenreviews",
                """
                {"apiVersion": "authentication.k8s.io/v1", "kind": "TokenReview", "metadata": {}, "spec": {}, "status": {
                  "authenticated": true, "audiences": ["traffic-manager"],
                  "user": {"username": "system:serviceaccount:default:default", "extra": {
                    "authentication.kubernetes.io/pod-name": ["%1$s"],
                    "authentication.kubernetes.io/pod-uid": ["uid-%1$s"]}}}}"""
                        .formatted(pod));
        Conversation talk =
                new Conversation(manager.get(), AgentGateGrpc.getServiceDescriptor()).withToken("token of " + pod);
        String session = talk.get(
                        "ArriveAsAgent",
                        AgentArrival.newBuilder()
                                .setPodName(pod)
                                .setPodUid("uid-" + pod)
                                .setPodIp("10.244.0.5")
                                .setNamespace(config.getNamespace())
                                .setWorkload(config.getWorkload())
                                .setWorkloadKind(config.getWorkloadKind())
                                .setVersion(Versions.info("Traffic Agent"))
                                .addAllContainers(config.getContainersList())
                                .build(),
                        AgentSession.class)
                .getSessionId();
        SessionRef ref = SessionRef.newBuilder().setSessionId(session).build();
        talk.begin("WatchLogLevel", ref);
        talk.begin("WatchEngagements", ref);
        return new Agent(talk, session, talk.begin("WatchReaches", ref));
    }

    /** The agent of that workload says what it has done. */
    synchronized boolean beat(String workload, AgentBeat.Builder beat) throws Exception {
        Agent agent = agents.get(workload);
        Message request = beat.setSessionId(agent.session()).build();
        return agent.talk().get("Remain", request, RemainReply.class).getKnown();
    }

    /** The agent of that workload hands a connection over. */
    synchronized Conversation.Answers deliver(String workload, Open.Builder open, Deliver deliver) {
        Agent agent = agents.get(workload);
        return agent.talk()
                .flow(open.setSessionId(agent.session()).setDeliver(deliver).build());
    }

    /** How it was asked to let somebody reach into its pod. */
    synchronized List<ReachRequest> reaches(String workload) {
        return agents.get(workload).reaches().messages().stream()
                .map(ReachRequest.class::cast)
                .toList();
    }

    /** All that agents were told, but for their own session ids. */
    synchronized List<String> heard() {
        List<String> all = new ArrayList<>();
        agents.values().forEach(a -> a.talk().heard().stream()
                .filter(text -> !text.equals(a.session()))
                .forEach(all::add));
        return all;
    }

    @Override
    public synchronized void close() {
        agents.values().forEach(a -> a.talk().close());
    }
}
