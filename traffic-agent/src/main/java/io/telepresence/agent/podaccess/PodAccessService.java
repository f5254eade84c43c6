package io.telepresence.agent.podaccess;

import io.telepresence.agent.manager.PodAccessCall;
import io.telepresence.agent.manager.PodAccessCall.Wish;
import io.telepresence.agent.podinfo.AppContainer;
import io.telepresence.agent.podinfo.AppPod;
import io.telepresence.tunnel.ResetReason;
import java.time.Duration;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Answers every wish of clients, from any thread and without blocking it. */
public final class PodAccessService implements Consumer<PodAccessCall> {
    private static final Logger LOG = LoggerFactory.getLogger(PodAccessService.class);

    private final AppPod pod;
    private final ViewSender views;
    private final FileSessions files;
    private final LoopbackPorts ports;

    /** @param udpIdle after what silence a client's datagrams to a port are over */
    public PodAccessService(AppPod pod, Duration udpIdle) {
        this.pod = pod;
        this.views = new ViewSender(pod);
        this.files = new FileSessions(pod);
        this.ports = new LoopbackPorts(udpIdle);
    }

    @Override
    public void accept(PodAccessCall call) {
        LOG.debug("a client wants {} of container {}", call.wish(), call.container());
        switch (call.wish()) {
            case Wish.View _ -> ofContainer(call, container -> views.send(call, container));
            case Wish.Files wish -> ofContainer(call, container -> files.serve(call, container, wish.readOnly()));
            case Wish.Port port -> ports.dial(call, port);
            case Wish.Unknown unknown -> call.refuse(ResetReason.DENIED, unknown.why());
        }
    }

    private void ofContainer(PodAccessCall call, Consumer<AppContainer> then) {
        pod.container(call.container())
                .ifPresentOrElse(
                        then,
                        () -> call.refuse(
                                ResetReason.DENIED,
                                "pod " + pod.name() + " has no container '" + call.container() + "'"));
    }
}
