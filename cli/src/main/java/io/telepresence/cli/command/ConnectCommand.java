package io.telepresence.cli.command;

import io.telepresence.cli.daemon.ConnectWish;
import io.telepresence.cli.daemon.Connected;
import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.run.Job;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence connect [-- COMMAND]}. */
final class ConnectCommand implements Command {
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
                .addOption(Options.list(
                        "CIDRs that may conflict with local subnets (the cluster wins)", "--allow-conflicting-subnets"))
                .addOption(Options.list("Extra CIDRs to route to the cluster", "--also-proxy"))
                .addOption(Options.text(
                        "Namespace of the traffic-manager; overrides the configuration", "--manager-namespace"))
                .addOption(Options.list("Namespaces known to DNS (default all)", "--mapped-namespaces"))
                .addOption(Options.text("Name of the connection (default from context and namespace)", "--name"))
                .addOption(Options.list("CIDRs that are never routed to the cluster", "--never-proxy"))
                .addOption(Options.flag("Run the daemon in a container: nothing on this machine changes", "--docker"))
                .addOption(Options.array("Port that the daemon's container publishes, as docker run -p", "--expose"))
                .addOption(Options.text("Host name of the daemon's container", "--hostname"));
        return KubeOptions.addTo(spec);
    }

    static ConnectWish wish(Call call) throws FaultException {
        return new ConnectWish(
                KubeOptions.of(call),
                call.text("--name"),
                call.text("--namespace"),
                managerNamespace(call),
                new ConnectWish.Subnets(
                        call.texts("--also-proxy"),
                        call.texts("--never-proxy"),
                        call.texts("--allow-conflicting-subnets")),
                call.texts("--mapped-namespaces"));
    }

    static String managerNamespace(Call call) {
        return call.text("--manager-namespace", call.caller().variable("TELEPRESENCE_MANAGER_NAMESPACE"));
    }

    @Override
    public int run(Call call) throws FaultException {
        ConnectWish wish = wish(call);
        if (call.flag("--docker")) {
            return new DockerConnect(call, wish).run();
        }
        for (String option : List.of("--expose", "--hostname")) {
            if (call.options().hasMatchedOption(option)) {
                throw Fault.user(option + " needs --docker", "It is about the daemon's container")
                        .exception();
            }
        }
        Daemon daemon = Sessions.daemons(call);
        Connected connected = Sessions.connect(call, daemon, wish);
        if (call.childCommand().isEmpty()) {
            return 0;
        }
        call.around().children().holdSignals();
        try {
            return call.around().children().run(Job.of(call.childCommand()));
        } finally {
            if (!connected.already()) {
                daemon.disconnect();
            }
        }
    }
}
