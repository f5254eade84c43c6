package io.telepresence.cli.admin;

import io.telepresence.cli.invocation.Arguments;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Group;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.KubeOptions;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.manager.YamlRequest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence genyaml config | container | initcontainer | annotations | volume}. */
public record GenyamlCommand(YamlRequest.What what, String summary) implements Command {
    private static final List<String> PASSED_ON =
            List.of("agent-image", "agent-port", "loglevel", "manager-port", "sidecar");

    /** The parts that differ between the agent's two forms. */
    private static final Set<YamlRequest.What> SHAPED =
            Set.of(YamlRequest.What.CONTAINER, YamlRequest.What.INIT_CONTAINER, YamlRequest.What.ANNOTATIONS);

    public static Command group() {
        return new Group(
                "genyaml",
                "Print the YAML of a traffic-agent, to inject it by hand",
                List.of(
                        new GenyamlCommand(YamlRequest.What.CONFIG, "Print the agent's configuration for a workload"),
                        new GenyamlCommand(YamlRequest.What.CONTAINER, "Print the agent's container"),
                        new GenyamlCommand(YamlRequest.What.INIT_CONTAINER, "Print the agent's init container"),
                        new GenyamlCommand(YamlRequest.What.ANNOTATIONS, "Print the annotations of the pod template"),
                        new GenyamlCommand(YamlRequest.What.VOLUME, "Print the agent's volumes")));
    }

    @Override
    public String name() {
        return what.name().toLowerCase(Locale.ROOT).replace("_", "");
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(OptionSpecs.text("File to write; - is stdout (default -)", "-o", "--output"));
        if (what == YamlRequest.What.CONFIG) {
            spec.addOption(OptionSpecs.text("Image of the traffic-agent (default the manager's)", "--agent-image"))
                    .addOption(OptionSpecs.text("First port of the agent (default 9900)", "--agent-port"))
                    .addOption(OptionSpecs.text("Log level of the agent (default INFO)", "--loglevel"))
                    .addOption(OptionSpecs.text("Namespace of the traffic-manager", "--manager-namespace"))
                    .addOption(OptionSpecs.text("The manager's port for agents (default 8081)", "--manager-port"))
                    .addOption(OptionSpecs.text("Workload in the cluster", "-w", "--workload"));
        } else {
            spec.addOption(
                    OptionSpecs.text("File with the output of \"genyaml config\"; - is stdin", "-a", "-c", "--agent"));
        }
        if (SHAPED.contains(what)) {
            spec.addOption(OptionSpecs.text(
                    "Form of the agent: container, or native for a native sidecar, the last of the init containers"
                            + " (default container)",
                    "--sidecar"));
        }
        if (what != YamlRequest.What.ANNOTATIONS) {
            spec.addOption(OptionSpecs.text("File with the workload as YAML; - is stdin", "-i", "--input"));
            KubeOptions.addTo(spec);
        }
        return spec;
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        YamlRequest request = request(invocation);
        String yaml = DaemonSession.session(invocation).generateYaml(request);
        String file = invocation.text("--output", "-");
        if (file.equals("-")) {
            yaml.lines().forEach(invocation.output()::line);
        } else {
            write(Arguments.absolute("--output", file, invocation.caller()), yaml);
        }
        return 0;
    }

    private YamlRequest request(Invocation invocation) throws FaultException {
        String input = invocation.text("--input");
        String agent = invocation.text("--agent");
        String workload = Arguments.name("workload", invocation.text("--workload", "none"));
        boolean named = invocation.options().hasMatchedOption("--workload");
        if (what == YamlRequest.What.CONFIG && named == !input.isEmpty()) {
            throw Fault.user("genyaml config needs either --workload or --input", "Give one of them")
                    .exception();
        }
        if (what != YamlRequest.What.CONFIG && agent.isEmpty()) {
            throw Fault.user("genyaml " + name() + " needs --agent", "Give the file that \"genyaml config\" wrote")
                    .exception();
        }
        if (input.equals("-") && agent.equals("-")) {
            throw Fault.user("--agent and --input cannot both be stdin", "Name a file for one of them")
                    .exception();
        }
        return YamlRequest.newBuilder()
                .setWhat(what)
                .setNamespace(Arguments.label("--namespace", invocation.text("--namespace")))
                .setWorkload(named ? workload : "")
                .setInput(read(invocation, "--input"))
                .setAgentConfig(read(invocation, "--agent"))
                .putAllOptions(options(invocation))
                .build();
    }

    private static Map<String, String> options(Invocation invocation) throws FaultException {
        Map<String, String> options = new LinkedHashMap<>();
        for (String name : PASSED_ON) {
            if (invocation.options().hasMatchedOption("--" + name)) {
                String value = invocation.text("--" + name);
                if (name.equals("sidecar") && !List.of("native", "container").contains(value)) {
                    throw Fault.user("--sidecar is native or container, not " + value, "")
                            .exception();
                }
                if (name.endsWith("-port")) {
                    Arguments.portNumber("--" + name, value);
                }
                options.put(name, value);
            }
        }
        return options;
    }

    private static String read(Invocation invocation, String option) throws FaultException {
        String file = invocation.text(option);
        if (file.isEmpty()) {
            return "";
        }
        try {
            return file.equals("-")
                    ? new String(invocation.caller().stdin().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                    : Files.readString(Arguments.absolute(option, file, invocation.caller()));
        } catch (IOException e) {
            throw Fault.user("the file " + file + " cannot be read: " + reason(e), "Name another file with " + option)
                    .exception(e);
        }
    }

    private static void write(Path file, String yaml) throws FaultException {
        try {
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw Fault.user("the file " + file + " cannot be written: " + reason(e), "Name another file with --output")
                    .exception(e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException ? "there is none" : e.getClass().getSimpleName();
    }
}
