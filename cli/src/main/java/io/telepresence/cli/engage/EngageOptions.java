package io.telepresence.cli.engage;

import io.telepresence.cli.invocation.Arguments;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementOptions;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.PortRequest;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The options of the four engagements, and what they ask for. */
final class EngageOptions {
    private EngageOptions() {}

    static CommandSpec spec(EngagementKind kind) {
        CommandSpec spec = CommandSpec.create().addPositional(name(kind));
        addCommon(spec, kind);
        addDocker(spec);
        if (kind.hasPorts()) {
            spec.addOption(OptionSpecs.text(
                            "Address on this machine, an IP or a name (default 127.0.0.1)", "--address"))
                    .addOption(OptionSpecs.flag("Print all details, with json or yaml output", "--detailed-output"))
                    .addOption(OptionSpecs.list(ports(kind), "-p", "--port"));
        }
        if (!kind.copiesTraffic()) {
            spec.addOption(OptionSpecs.list(
                    "Port of the pod's loopback to reach at the same port here, as <port>[/UDP]; repeatable",
                    "--to-pod"));
        }
        if (byRequest(kind)) {
            addTraffic(spec);
        }
        if (kind.takesTraffic() && kind.hasFilter()) {
            spec.addOption(OptionSpecs.array("key=value for the REST API to report; repeatable", "--metadata"))
                    .addOption(OptionSpec.builder("--replace")
                            .type(Boolean.class)
                            .arity("0..1")
                            .fallbackValue("true")
                            .hidden(true)
                            .build());
        }
        return spec;
    }

    private static picocli.CommandLine.Model.PositionalParamSpec name(EngagementKind kind) {
        return OptionSpecs.parameter(
                "<name>",
                byRequest(kind)
                        ? "Name of the engagement, and of the workload unless --workload is given"
                        : "Name of the workload");
    }

    private static void addCommon(CommandSpec spec, EngagementKind kind) {
        String[] container = !kind.hasPorts() ? new String[] {"-c", "--container"} : new String[] {"--container"};
        spec.addOption(OptionSpecs.text("Container whose environment and volumes to use", container))
                .addOption(OptionSpecs.text("Write the remote environment to this file", "-e", "--env-file"))
                .addOption(OptionSpecs.text("Write the remote environment to this file as JSON", "-j", "--env-json"))
                .addOption(OptionSpecs.text(
                        "Syntax of --env-file: docker, compose, sh, csh, cmd, json or ps; sh, csh and ps may end in"
                                + " :export (default docker)",
                        "--env-syntax"))
                .addOption(OptionSpecs.text(
                        "Mount nothing; serve the volumes by SFTP at this port of localhost", "--local-mount-port"))
                .addOption(OptionSpecs.text(
                        "Where the volumes are mounted: true (a new directory), false or nothing (nowhere) or a path, with"
                                + " :ro for read-only (default true)",
                        "--mount"))
                .addOption(
                        OptionSpecs.text("Namespace of the workload (default the connected one)", "-n", "--namespace"))
                .addOption(OptionSpecs.text("Message to print when the handler has started", "--wait-message"));
    }

    private static void addDocker(CommandSpec spec) {
        spec.addOption(OptionSpecs.flag(
                        "Run the image after --, with docker run's options before it, to handle the traffic",
                        "--docker-run"))
                .addOption(OptionSpecs.text(
                        "Build an image from this directory or URL and run it; IMAGE after -- stands for it",
                        "--docker-build"))
                .addOption(OptionSpecs.array(
                        "key=value, given to docker build as --key=value; repeatable", "--docker-build-opt"))
                .addOption(OptionSpecs.text(
                        "Like --docker-build, with the rights that a debugger needs in the container",
                        "--docker-debug"))
                .addOption(OptionSpecs.text(
                        "Directory of the container to mount the volumes below (default their own paths)",
                        "--docker-mount"));
    }

    private static void addTraffic(CommandSpec spec) {
        spec.addOption(OptionSpecs.array(
                        "Only requests with this header: Name=value or 'Name: value'; the value is compared byte for byte,"
                                + " as UTF-8, the name regardless of case; repeatable, all must match",
                        "--http-header"))
                .addOption(OptionSpecs.array(
                        "Only requests with exactly this path; %-escapes count as what they stand for; repeatable",
                        "--http-path-equal"))
                .addOption(OptionSpecs.array(
                        "Only requests whose path begins with this; repeatable", "--http-path-prefix"))
                .addOption(OptionSpecs.array(
                        "Only requests whose whole path matches this expression (RE2); repeatable",
                        "--http-path-regex"))
                .addOption(OptionSpecs.text(
                        "How traffic is matched: tcp or http (default tcp, http with a filter)", "--mechanism"))
                .addOption(OptionSpecs.flag("Send the traffic decrypted, without TLS", "--plaintext"))
                .addOption(OptionSpecs.text("Service to use if the workload has several", "--service"))
                .addOption(OptionSpecs.text("Workload, if it is not named <name>", "-w", "--workload"));
    }

    private static String ports(EngagementKind kind) {
        return kind.replacesContainer()
                ? "<local port>[:<container port name or number>][/TCP|/UDP]; repeatable (default all, to equal ports)"
                : "<local port>[:<service port name or number>][/TCP|/UDP]; repeatable";
    }

    private static boolean byRequest(EngagementKind kind) {
        return kind.hasFilter();
    }

    /**
     * What is asked for. Pure.
     *
     * @throws FaultException one sentence: what was typed cannot be asked for
     */
    static EngageRequests.Draft request(EngagementKind kind, Invocation invocation) throws FaultException {
        String name = Arguments.name("name", invocation.parameter(0));
        String workload = Arguments.name("workload", invocation.text("--workload", name));
        String namespace = Arguments.label("--namespace", invocation.text("--namespace"));
        String container = Arguments.label("--container", invocation.text("--container"));
        HttpFilter filter = EngageArguments.filter(invocation);
        List<PortRequest> ports =
                ports(kind, invocation).stream().map(PortArgument::request).toList();
        String mechanism = invocation.text("--mechanism");
        checkMechanism(mechanism, filter, ports);
        String service = Arguments.label("--service", invocation.text("--service"));
        String address = EngageArguments.address(invocation.text("--address", EngagementSpec.LOCALHOST));
        Map<String, String> metadata = EngageArguments.metadata(invocation.texts("--metadata"));
        var mount = EngageRequests.mount(kind, invocation);
        EngagementOptions options =
                new EngagementOptions(filter, mechanism, invocation.flag("--plaintext"), metadata, toPod(invocation));
        return new EngageRequests.Draft(
                new EngagementSpec(kind, name, namespace, workload, "", service, container, address, ports, options),
                mount);
    }

    /** What {@code --port} says; none: the only one, or all. */
    static List<PortArgument> ports(EngagementKind kind, Invocation invocation) throws FaultException {
        List<String> typed = invocation.texts("--port");
        if (kind.replacesContainer() && typed.equals(List.of("all"))) {
            return List.of();
        }
        List<PortArgument> ports = new ArrayList<>();
        Set<String> local = new HashSet<>();
        for (String text : typed) {
            PortArgument port = HandlerOptions.isContainer(invocation)
                    ? PortArgument.parseForContainer(text)
                    : PortArgument.parse(text);
            int number = port.request().localPort();
            if (!local.add(number + (port.request().identifier().endsWith("/UDP") ? "/UDP" : ""))) {
                throw Fault.user("the local port " + number + " is given twice", "Use another one")
                        .exception();
            }
            ports.add(port);
        }
        return List.copyOf(ports);
    }

    private static void checkMechanism(String mechanism, HttpFilter filter, List<PortRequest> ports)
            throws FaultException {
        if (!List.of("", "tcp", "http").contains(mechanism)) {
            throw Fault.user("invalid mechanism \"" + mechanism + "\"", "Use tcp or http")
                    .exception();
        }
        if (mechanism.equals("tcp") && !filter.takesEverything()) {
            throw Fault.user("--mechanism tcp cannot filter HTTP requests", "Leave --mechanism out")
                    .exception();
        }
        boolean http = mechanism.equals("http") || !filter.takesEverything();
        if (http && ports.stream().anyMatch(p -> p.identifier().endsWith("/UDP"))) {
            throw Fault.user("HTTP filters do not work on UDP ports", "Leave out the filter, or the UDP port")
                    .exception();
        }
    }

    private static List<Port> toPod(Invocation invocation) throws FaultException {
        List<Port> ports = new ArrayList<>();
        for (String text : invocation.texts("--to-pod")) {
            Port port = EngageArguments.podPort(text);
            if (ports.contains(port)) {
                throw Fault.user("--to-pod " + text + " is given twice", "Give it once")
                        .exception();
            }
            ports.add(port);
        }
        return List.copyOf(ports);
    }
}
