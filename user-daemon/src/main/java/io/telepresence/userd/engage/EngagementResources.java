package io.telepresence.userd.engage;

import com.google.protobuf.ByteString;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.agent.AgentMount;
import io.telepresence.rpc.agent.ContainerView;
import io.telepresence.rpc.connector.ClientEngagement;
import io.telepresence.rpc.connector.Mount;
import io.telepresence.run.Closers;
import io.telepresence.userd.mount.Mounts;
import io.telepresence.userd.podaccess.PodPortForwards;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What this laptop has of one engagement: its environment, its volumes and its ports into the pod. Thread-safe. */
final class EngagementResources implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngagementResources.class);

    private final EngagementResourcesFactory all;
    private final PodPortForwards forwards;
    private final Mounts.Volumes volumes;
    private final Closers opened = new Closers();
    private volatile ContainerView view = ContainerView.getDefaultInstance();
    private volatile String trouble = "";
    private volatile boolean reached;

    /** Owns port forwards and volumes. */
    EngagementResources(EngagementResourcesFactory all, PodPortForwards forwards, Mounts.Volumes volumes) {
        this.all = all;
        this.forwards = opened.add(forwards);
        this.volumes = opened.add(volumes);
    }

    /**
     * After the engagement has begun: asks for the environment, mounts, and opens the ports. Blocks for at most ten
     * seconds; what cannot be had is told by {@link #shown}, and in one sentence by the result (empty: all is there).
     */
    String start(Supplier<Engagement> engagement) {
        Supplier<String> id = () -> engagement.get().id();
        forwards.serve(id);
        try {
            view = all.podAccess().view(id, EngagementResourcesFactory.VIEW_LIMIT);
            reached = true;
            trouble = view.getRemark();
        } catch (FaultException e) {
            LOG.warn("no environment of \"{}\": {}", engagement.get().name(), e.fault());
            trouble = "the environment of the container cannot be read: "
                    + e.fault().text();
        }
        try {
            if (!reached || served()) {
                volumes.mount(id, source(engagement.get()));
            }
        } catch (FaultException e) {
            LOG.warn("no volumes of \"{}\": {}", engagement.get().name(), e.fault());
            trouble = trouble.isEmpty() ? e.fault().text() : trouble;
        }
        return trouble;
    }

    /** The engagement with what only this client knows of it. */
    ClientEngagement shown(Engagement engagement) {
        Mount mount = mount(engagement.status().container());
        return ClientEngagement.newBuilder()
                .setEngagement(EngagementCodec.toWire(engagement))
                .setMount(mount)
                .putAllEnvironment(environment(engagement, mount.getLocalDir()))
                .setLack(trouble)
                .build();
    }

    @Override
    public void close() {
        try {
            opened.close();
        } catch (Exception e) {
            LOG.warn("closing an engagement", e);
        }
    }

    private Mount mount(String container) {
        Mount.Builder mount = Mount.newBuilder()
                .setPort(forwards.filesPort())
                .setPodIp(view.getPodIp())
                .setReadOnly(volumes.readOnly())
                .setError(volumes.error())
                .addAllMounts(paths());
        if (reached && !served()) {
            mount.setError(volumes.directory().isPresent() ? "the container has no volumes to mount" : "");
            return mount.build();
        }
        volumes.directory().ifPresent(d -> mount.setLocalDir(d.toString())
                .setRemoteDir(EngagementResourcesFactory.REMOTE_ROOT + "/" + container));
        return mount.build();
    }

    private Map<String, ByteString> environment(Engagement engagement, String root) {
        Map<String, ByteString> values = new TreeMap<>(view.getEnvironmentMap());
        own(engagement, root).forEach((name, value) -> values.put(name, ByteString.copyFromUtf8(value)));
        return values;
    }

    private Map<String, String> own(Engagement engagement, String root) {
        Map<String, String> values = new TreeMap<>();
        values.put("TELEPRESENCE_INTERCEPT_ID", engagement.id());
        values.put("TELEPRESENCE_CONTAINER", engagement.status().container());
        if (reached) {
            values.put("TELEPRESENCE_MOUNTS", String.join(":", paths()));
        }
        values.put("TELEPRESENCE_ROOT", root);
        if (all.apiPort() != 0) {
            values.put("TELEPRESENCE_API_HOST", "127.0.0.1");
            values.put("TELEPRESENCE_API_PORT", Integer.toString(all.apiPort()));
        }
        return values;
    }

    private boolean served() {
        return !paths().isEmpty();
    }

    /** Where the agent has something to serve. */
    private List<String> paths() {
        return view.getMountsList().stream()
                .filter(m -> !m.getLocal())
                .map(AgentMount::getPath)
                .toList();
    }

    private static String source(Engagement engagement) {
        return engagement.spec().workload() + "." + engagement.spec().namespace();
    }
}
