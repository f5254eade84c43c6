package io.telepresence.agent;

import com.google.protobuf.ByteString;
import io.telepresence.agent.listener.KeptSockets;
import io.telepresence.agent.manager.ManagerClient;
import io.telepresence.fault.FaultException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.stream.Collectors;

/** An agent as in a pod, but that the pod is an address of the loopback. */
public final class LoopbackAgentFixture implements AutoCloseable {
    private static final Duration IDLE = Duration.ofSeconds(10);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private final Agent agent;

    private LoopbackAgentFixture(Agent agent) {
        this.agent = agent;
    }

    /**
     * Who the agent is.
     *
     * @param address the pod's own; nobody else may listen there
     * @param environment as the injector copies the app's into the agent's
     */
    public record Pod(String name, String uid, String namespace, InetAddress address, Map<String, String> environment) {
        Map<String, ByteString> bytes() {
            return environment.entrySet().stream()
                    .collect(Collectors.toMap(Map.Entry::getKey, e -> ByteString.copyFromUtf8(e.getValue())));
        }
    }

    /** @param configuration what the injector would write into the pod */
    public static LoopbackAgentFixture open(String configuration, Pod pod, InetSocketAddress manager, String token)
            throws FaultException {
        SidecarPlan plan = SidecarPlan.parse(configuration);
        PodIdentity identity = new PodIdentity(pod.name(), pod.uid(), pod.address(), pod.namespace());
        return new LoopbackAgentFixture(Agent.open(
                plan,
                identity,
                new Agent.Settings(
                        pod.address(),
                        0,
                        IDLE,
                        plan.app(identity, pod.bytes(), Path.of("/nowhere")),
                        KeptSockets.none(),
                        new ManagerClient.Settings(
                                manager, plan.arrival(identity), () -> token, request -> {}, grace -> {}, PATIENCE))));
    }

    /** Connections that are open now, and flows to laptops. */
    public int flows() {
        return agent.open();
    }

    @Override
    public void close() throws Exception {
        agent.close();
    }
}
