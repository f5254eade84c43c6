package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.lifecycle.Injection;
import io.telepresence.manager.network.PodResolvConf;
import io.telepresence.manager.rollout.AgentInstaller;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.manager.sidecar.SidecarConfigs;
import io.telepresence.manager.tunnel.Deliveries;
import io.telepresence.manager.tunnel.DialRules;
import io.telepresence.manager.tunnel.PodAccessRules;
import io.telepresence.manager.tunnel.Switchboard;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Path;

/** This pod, this cluster. */
record Surroundings(Closers opened, ManagerSettings settings, KubernetesClient client) implements Manager.Outside {
    /** What the kubelet wrote for this pod. */
    private static final Path RESOLV_CONF = Path.of("/etc/resolv.conf");

    @Override
    public PodResolvConf dns() throws IOException {
        return PodResolvConf.read(RESOLV_CONF);
    }

    @Override
    public Switchboard switchboard(
            SessionRegistry sessions, Deliveries deliveries, PodAccessRules reaches, DialRules dials) {
        return new Switchboard(sessions, deliveries, reaches, dials);
    }

    @Override
    public OutputStream audit() {
        return System.out;
    }

    @Override
    public AgentInstaller installer(SidecarConfigs sidecars, Workloads workloads) throws Exception {
        return opened.add(
                Injection.open(client, settings.injector(), settings.agent().arrival(), sidecars, workloads));
    }
}
