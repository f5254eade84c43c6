package io.telepresence.cli.command;

import io.telepresence.cli.daemon.YamlWish;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
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
record GenyamlCommand(YamlWish.What what, String summary) implements Command {
    private static final List<String> PASSED_ON =
            List.of("agent-image", "agent-port", "loglevel", "manager-port", "sidecar");

    /** The parts that differ between the agent's two forms. */
    private static final Set<YamlWish.What> SHAPED =
            Set.of(YamlWish.What.CONTAINER, YamlWish.What.INITCONTAINER, YamlWish.What.ANNOTATIONS);

    static Command group() {
        return new Group(
                "genyaml",
                "Print the parts of a pod with a traffic-agent, to inject it by hand",
                List.of(
                        new GenyamlCommand(YamlWish.What.CONFIG, "Print the agent's configuration for a workload"),
                        new GenyamlCommand(YamlWish.What.CONTAINER, "Print the agent's container"),
                        new GenyamlCommand(YamlWish.What.INITCONTAINER, "Print the agent's init container"),
                        new GenyamlCommand(YamlWish.What.ANNOTATIONS, "Print the annotations of the pod template"),
                        new GenyamlCommand(YamlWish.What.VOLUME, "Print the agent's volumes")));
    }

    @Override
    public String name() {
        return what.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addOption(Options.text("File to write; - is stdout (default -)", "-o", "--output"));
        if (what == YamlWish.What.CONFIG) {
            spec.addOption(Options.text("Image of the traffic-agent (default the manager's)", "--agent-image"))
                    .addOption(Options.text("First port of the agent (default 9900)", "--agent-port"))
                    .addOption(Options.text("Log level of the agent (default INFO)", "--loglevel"))
                    .addOption(Options.text("Namespace of the traffic-manager", "--manager-namespace"))
                    .addOption(Options.text("The manager's port for agents (default 8081)", "--manager-port"))
                    .addOption(Options.text("Workload in the cluster", "-w", "--workload"));
        } else {
            spec.addOption(Options.text("File with what \"genyaml config\" printed; - is stdin", "-a", "--agent"));
        }
        if (SHAPED.contains(what)) {
            spec.addOption(Options.text(
                    "Form of the agent: container, or native for a native sidecar, the last of the init containers"
                            + " (default container)",
                    "--sidecar"));
        }
        if (what != YamlWish.What.ANNOTATIONS) {
            spec.addOption(Options.text("File with the workload as YAML; - is stdin", "-i", "--input"));
            KubeOptions.addTo(spec);
        }
        return spec;
    }

    @Override
    public int run(Call call) throws FaultException {
        YamlWish wish = wish(call);
        String yaml = Sessions.session(call).generateYaml(wish);
        String file = call.text("--output", "-");
        if (file.equals("-")) {
            yaml.lines().forEach(call.output()::line);
        } else {
            write(EngageArguments.absolute("--output", file, call.caller()), yaml);
        }
        return 0;
    }

    private YamlWish wish(Call call) throws FaultException {
        String input = call.text("--input");
        String agent = call.text("--agent");
        String workload = EngageArguments.name("workload", call.text("--workload", "none"));
        boolean named = call.options().hasMatchedOption("--workload");
        if (what == YamlWish.What.CONFIG && named == !input.isEmpty()) {
            throw Fault.user("genyaml config needs either --workload or --input", "Give one of them")
                    .exception();
        }
        if (what != YamlWish.What.CONFIG && agent.isEmpty()) {
            throw Fault.user("genyaml " + name() + " needs --agent", "Give the file that \"genyaml config\" wrote")
                    .exception();
        }
        if (input.equals("-") && agent.equals("-")) {
            throw Fault.user("--agent and --input cannot both be stdin", "Name a file for one of them")
                    .exception();
        }
        return new YamlWish(
                what,
                EngageArguments.label("--namespace", call.text("--namespace")),
                named ? workload : "",
                read(call, "--input"),
                read(call, "--agent"),
                options(call));
    }

    private static Map<String, String> options(Call call) throws FaultException {
        Map<String, String> options = new LinkedHashMap<>();
        for (String name : PASSED_ON) {
            if (call.options().hasMatchedOption("--" + name)) {
                String value = call.text("--" + name);
                if (name.equals("sidecar") && !List.of("native", "container").contains(value)) {
                    throw Fault.user("--sidecar is native or container, not " + value, "")
                            .exception();
                }
                if (name.endsWith("-port")) {
                    EngageArguments.portNumber("--" + name, value);
                }
                options.put(name, value);
            }
        }
        return options;
    }

    private static String read(Call call, String option) throws FaultException {
        String file = call.text(option);
        if (file.isEmpty()) {
            return "";
        }
        try {
            return file.equals("-")
                    ? new String(call.caller().stdin().readAllBytes(), java.nio.charset.StandardCharsets.UTF_8)
                    : Files.readString(EngageArguments.absolute(option, file, call.caller()));
        } catch (IOException e) {
            throw Fault.user("the file " + file + " cannot be read: " + reason(e), "Give " + option + " another one")
                    .exception(e);
        }
    }

    private static void write(Path file, String yaml) throws FaultException {
        try {
            Files.writeString(file, yaml);
        } catch (IOException e) {
            throw Fault.user("the file " + file + " cannot be written: " + reason(e), "Give --output another one")
                    .exception(e);
        }
    }

    private static String reason(IOException e) {
        return e instanceof NoSuchFileException ? "there is none" : e.getClass().getSimpleName();
    }
}
