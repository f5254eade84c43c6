package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Daemon;
import io.telepresence.cli.daemon.EngageWish;
import io.telepresence.cli.daemon.Engagement;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence intercept NAME [-- COMMAND]}. */
final class InterceptCommand implements Command {
    @Override
    public String name() {
        return "intercept";
    }

    @Override
    public String summary() {
        return "Send a workload's traffic to this machine";
    }

    @Override
    public boolean takesCommand() {
        return true;
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(Options.parameter("<name>", "Name of the intercept, and of the workload"))
                .addOption(Options.text("Local address to forward to (default 127.0.0.1)", "--address"))
                .addOption(Options.text("Container whose environment counts", "--container"))
                .addOption(Options.flag("With json or yaml output: print everything", "--detailed-output"))
                .addOption(Options.text("Namespace of the workload (default the connected one)", "-n", "--namespace"))
                .addOption(Options.list(
                        "<local port>[:<service port name or number>][/TCP|/UDP]; repeatable", "-p", "--port"))
                .addOption(Options.text("Service to intercept where the workload has several", "--service"))
                .addOption(Options.text("Message to print when the handler has started", "--wait-message"))
                .addOption(Options.text("Workload if its name is not <name>", "-w", "--workload"));
    }

    static EngageWish wish(Call call) throws FaultException {
        List<EngageWish.Port> ports = new ArrayList<>();
        for (String port : call.texts("--port")) {
            ports.add(PortArgument.parse(port));
        }
        String name = call.parameter(0);
        return new EngageWish(
                name,
                new EngageWish.Workload(call.text("--workload", name), call.text("--namespace")),
                call.text("--service"),
                call.text("--container"),
                call.text("--address", "127.0.0.1"),
                List.copyOf(ports));
    }

    @Override
    public int run(Call call) throws FaultException {
        EngageWish wish = wish(call);
        if (call.flag("--detailed-output") && !call.output().structured()) {
            throw Fault.user("--detailed-output needs json or yaml output", "Add --output json")
                    .exception();
        }
        Daemon daemon = Sessions.session(call);
        call.progress().step("Intercepting " + wish.workload().name());
        Engagement engagement = daemon.engage(wish, call.progress()::step);
        call.progress().close();
        show(call, engagement);
        if (call.childCommand().isEmpty()) {
            return 0;
        }
        try {
            return call.around().children().run(call.childCommand(), engagement.environment());
        } finally {
            daemon.leave(engagement.name());
        }
    }

    private static void show(Call call, Engagement engagement) {
        if (call.flag("--detailed-output")) {
            call.output().bare(EngagementText.tree(engagement));
            return;
        }
        call.output()
                .line("Using " + engagement.target().workloadKind() + " "
                        + engagement.target().workload());
        call.output().line("intercepted");
        EngagementText.lines(engagement, false).forEach(call.output()::line);
        if (!call.text("--wait-message").isEmpty()) {
            call.output().line(call.text("--wait-message"));
        }
    }
}
