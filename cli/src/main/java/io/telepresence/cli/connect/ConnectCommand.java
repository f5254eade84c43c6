package io.telepresence.cli.connect;

import io.telepresence.agree.Routing;
import io.telepresence.cli.daemon.Connected;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.KubeOptions;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.run.Job;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ConnectRequest;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence connect [-- COMMAND]}. */
public final class ConnectCommand implements Command {
    @Override
    public String name() {
        return "connect";
    }

    @Override
    public String summary() {
        return "Connect this machine to a cluster";
    }

    @Override
    public boolean takesCommand() {
        return true;
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(OptionSpecs.text(
                        "Namespace of the traffic-manager; overrides the configuration", "--manager-namespace"))
                .addOption(OptionSpecs.list("Namespaces known to DNS (default all)", "--mapped-namespaces"))
                .addOption(OptionSpecs.text("Name of the connection (default from context and namespace)", "--name"))
                .addOption(
                        OptionSpecs.flag("Run the daemon in a container: nothing on this machine changes", "--docker"))
                .addOption(OptionSpecs.array(
                        "Port for the daemon's container to publish, as in docker run -p", "--expose"))
                .addOption(OptionSpecs.text("Host name of the daemon's container", "--hostname"));
        for (Routing.Rule rule : Routing.Rule.values()) {
            spec.addOption(OptionSpecs.list(rule.help(), "--" + rule.flag()));
        }
        return KubeOptions.addTo(spec);
    }

    /** What is asked for besides the Kubernetes flags. Pure. */
    static ConnectRequest request(Invocation invocation) {
        return ConnectRequest.newBuilder()
                .setName(invocation.text("--name"))
                .setNamespace(invocation.text("--namespace"))
                .setManagerNamespace(invocation.managerNamespace())
                .setRouting(
                        Routing.of(rule -> invocation.texts("--" + rule.flag())).toWire())
                .addAllMappedNamespaces(invocation.texts("--mapped-namespaces"))
                .build();
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        KubeFlags flags = KubeOptions.of(invocation);
        if (invocation.flag("--docker")) {
            return new DockerConnect(invocation, flags).run();
        }
        for (String option : List.of("--expose", "--hostname")) {
            if (invocation.options().hasMatchedOption(option)) {
                throw Fault.user(option + " needs --docker", "It applies to the daemon's container")
                        .exception();
            }
        }
        Daemon daemon = DaemonSession.daemons(invocation);
        Connected connected = DaemonSession.connect(invocation, daemon, flags, request(invocation));
        if (invocation.childCommand().isEmpty()) {
            return 0;
        }
        invocation.around().children().holdSignals();
        try {
            return invocation.around().children().run(Job.of(invocation.childCommand()));
        } finally {
            if (!connected.already()) {
                daemon.disconnect();
            }
        }
    }
}
