package io.telepresence.cli.connect;

import io.telepresence.cli.daemon.Connected;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.DaemonStatus;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.docker.DockerMode;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.registry.KubeAuthProcess;
import io.telepresence.cli.run.Job;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * {@code telepresence connect --docker}. The kubeconfig is read first, so that a wrong one starts nothing; a container that
 * was started for a connect that fails is removed.
 */
final class DockerConnect {
    /** How often the network is made anew because the cluster's subnets overlap it. */
    private static final int TRIES = 3;

    private final Invocation invocation;
    private final KubeFlags flags;
    private final DockerMode docker;

    DockerConnect(Invocation invocation, KubeFlags flags) {
        this.invocation = invocation;
        this.flags = flags;
        this.docker = invocation.docker();
    }

    int run() throws FaultException {
        Opened opened = connect(new ArrayList<>());
        if (invocation.childCommand().isEmpty()) {
            return 0;
        }
        invocation.around().children().holdSignals();
        try {
            return invocation.around().children().run(Job.of(invocation.childCommand()));
        } finally {
            if (opened.started) {
                end(opened.connection);
            } else if (!opened.already) {
                invocation.daemons().in(opened.connection).disconnect();
            }
        }
    }

    /**
     * @param started its container was started here
     * @param already it was connected before
     */
    private record Opened(ContainerDaemon connection, boolean started, boolean already) {}

    private Opened connect(List<String> taken) throws FaultException {
        invocation.progress().step("Launching Telepresence User Daemon");
        try (KubeAuthProcess helper = docker.helper(flags)) {
            DockerMode.Engine engine = docker.engine();
            KubeAuthProcess.Cluster cluster = helper.cluster();
            String name = name(cluster);
            List<String> exposed = invocation.texts("--expose");
            Optional<ContainerDaemon> running = docker.running(name, exposed);
            if (running.isPresent()) {
                return new Opened(
                        running.get(),
                        false,
                        session(helper, running.get(), cluster).already());
            }
            ContainerDaemon started =
                    engine.start(new DockerMode.Start(name, invocation.text("--hostname"), exposed, cluster), taken);
            invocation.progress().milestone("Launching Telepresence User Daemon");
            try {
                session(helper, started, cluster);
                List<String> clash = shadowed(started);
                if (clash.isEmpty() || taken.size() >= TRIES) {
                    return new Opened(started, true, false);
                }
                taken.addAll(clash);
            } catch (FaultException | RuntimeException e) {
                end(started);
                throw e;
            }
            end(started);
        }
        return connect(taken);
    }

    private Connected session(KubeAuthProcess helper, ContainerDaemon connection, KubeAuthProcess.Cluster cluster)
            throws FaultException {
        Daemon daemon = invocation.daemons().in(connection);
        if (!helped(daemon)) {
            helper.serve(connection);
        }
        var request = ConnectCommand.request(invocation).toBuilder()
                .setName(connection.name())
                .setApiServerDial(docker.dial(cluster))
                .build();
        return DaemonSession.connect(invocation, daemon, flags, request);
    }

    private static boolean helped(Daemon daemon) throws FaultException {
        return daemon.status().docker().map(DaemonStatus.Docker::helped).orElse(false);
    }

    /** Subnets of the cluster that cannot be mapped because the connection's own network is there. */
    private List<String> shadowed(ContainerDaemon connection) throws FaultException {
        return invocation.daemons().in(connection).status().root().stream()
                .flatMap(r -> r.subnets().leftOut().stream())
                .filter(s -> DockerMode.holds(s, connection))
                .toList();
    }

    private void end(ContainerDaemon connection) {
        try {
            invocation.daemons().in(connection).quit();
        } catch (FaultException e) {
            invocation.output().warn("Warning: " + e.fault());
        }
        try {
            docker.remove(connection);
        } catch (FaultException e) {
            invocation.output().warn("Warning: " + e.fault());
        }
    }

    private String name(KubeAuthProcess.Cluster cluster) throws FaultException {
        String named = invocation.text("--name");
        if (!named.isEmpty()) {
            if (!named.matches("[A-Za-z0-9][A-Za-z0-9_.-]{0,59}")) {
                throw Fault.user(
                                "\"" + named + "\" is not a valid --name with --docker",
                                "It names a container: letters, digits, and - . _ after the first, at most 60")
                        .exception();
            }
            return named;
        }
        String typed = invocation.text("--namespace");
        String namespace = typed.isEmpty() ? cluster.namespace() : typed;
        String context = cluster.context().isEmpty() ? "in-cluster" : cluster.context();
        String plain = (context + "-" + namespace).replaceAll("[^A-Za-z0-9_.-]", "-");
        return plain.replaceFirst("^[^A-Za-z0-9]+", "") + "-cn";
    }
}
