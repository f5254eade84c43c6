package io.telepresence.agent.reach;

import io.telepresence.agent.link.ReachCall;
import io.telepresence.agent.link.ReachCall.Wish;
import io.telepresence.agent.view.AppContainer;
import io.telepresence.agent.view.AppPod;
import io.telepresence.rpc.tunnel.Reset;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers every wish of clients, from any thread and without blocking it. */
public final class PodReaches implements Consumer<ReachCall> {
    private static final Logger LOG = LoggerFactory.getLogger(PodReaches.class);

    private final AppPod pod;
    private final ViewSender views;
    private final FileSessions files;
    private final LoopbackPorts ports;

    /** @param udpIdle after what silence a client's datagrams to a port are over */
    public PodReaches(AppPod pod, Duration udpIdle) {
        this.pod = pod;
        this.views = new ViewSender(pod);
        this.files = new FileSessions(pod);
        this.ports = new LoopbackPorts(udpIdle);
    }

    @Override
    public void accept(ReachCall call) {
        LOG.debug("a client wants {} of container {}", call.wish(), call.container());
        switch (call.wish()) {
            case Wish.View _ -> ofContainer(call, container -> views.send(call, container));
            case Wish.Files wish -> ofContainer(call, container -> files.serve(call, container, wish.readOnly()));
            case Wish.Port port -> ports.dial(call, port);
            case Wish.Unknown unknown -> call.refuse(Reset.Why.DENIED, unknown.why());
        }
    }

    private void ofContainer(ReachCall call, Consumer<AppContainer> then) {
        pod.container(call.container())
                .ifPresentOrElse(
                        then,
                        () -> call.refuse(
                                Reset.Why.DENIED,
                                "pod " + pod.name() + " has no container '" + call.container() + "'"));
    }
}
