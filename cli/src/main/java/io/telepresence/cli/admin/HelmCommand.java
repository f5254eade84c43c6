package io.telepresence.cli.admin;

import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Group;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.KubeOptions;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.HelmRequest;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence helm install | upgrade | uninstall | lint | version}. */
public record HelmCommand(HelmRequest.Verb verb, String summary) implements Command {
    public static Command group() {
        return new Group(
                "helm",
                "Install, upgrade or remove the traffic-manager",
                List.of(
                        new HelmCommand(HelmRequest.Verb.INSTALL, "Install the traffic-manager"),
                        new HelmCommand(HelmRequest.Verb.UPGRADE, "Upgrade the traffic-manager, or change its values"),
                        new HelmCommand(HelmRequest.Verb.UNINSTALL, "Remove the traffic-manager"),
                        new HelmCommand(HelmRequest.Verb.LINT, "Check values against the chart"),
                        new HelmCommand(HelmRequest.Verb.VERSION, "Show the version of the embedded Helm")));
    }

    @Override
    public String name() {
        return verb.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create();
        if (verb == HelmRequest.Verb.VERSION) {
            return spec;
        }
        boolean changes = verb == HelmRequest.Verb.INSTALL || verb == HelmRequest.Verb.UPGRADE;
        spec.addOption(
                OptionSpecs.text("Namespace of the traffic-manager (default ambassador)", "--manager-namespace"));
        if (changes) {
            spec.addOption(
                    OptionSpecs.flag("Create the namespace if it does not exist (default true)", "--create-namespace"));
        }
        if (verb != HelmRequest.Verb.LINT) {
            spec.addOption(OptionSpecs.flag("Do not run hooks", "--no-hooks"));
        }
        if (verb != HelmRequest.Verb.UNINSTALL) {
            addValues(spec);
        }
        if (verb == HelmRequest.Verb.UPGRADE) {
            spec.addOption(OptionSpecs.flag("Reset the values to those of the chart", "--reset-values"))
                    .addOption(OptionSpecs.flag("Reuse the values of the installed release", "--reuse-values"));
        }
        return KubeOptions.addTo(spec);
    }

    private static void addValues(CommandSpec spec) {
        spec.addOption(OptionSpecs.array("Value as key=value; repeatable, or separated by commas", "--set"))
                .addOption(OptionSpecs.array("Value read from a file, as key=path; repeatable", "--set-file"))
                .addOption(OptionSpecs.array("Value as JSON, as key=json; repeatable", "--set-json"))
                .addOption(OptionSpecs.array("Value as a string; repeatable", "--set-string"))
                .addOption(OptionSpecs.array("Values file or URL; repeatable", "-f", "--values"))
                .addOption(OptionSpecs.text("Version of the chart (default the one of this program)", "--version"));
    }

    /** What is asked for besides the Kubernetes flags. Pure. */
    static HelmRequest request(HelmRequest.Verb verb, Invocation invocation) throws FaultException {
        if (invocation.flag("--reset-values") && invocation.flag("--reuse-values")) {
            throw Fault.user("--reset-values and --reuse-values cannot be used together", "Give one of them")
                    .exception();
        }
        return HelmRequest.newBuilder()
                .setVerb(verb)
                .setManagerNamespace(namespace(invocation))
                .addAllSet(invocation.texts("--set"))
                .addAllSetFile(invocation.texts("--set-file"))
                .addAllSetJson(invocation.texts("--set-json"))
                .addAllSetString(invocation.texts("--set-string"))
                .addAllValues(invocation.texts("--values"))
                .setCreateNamespace(invocation.flag("--create-namespace", true))
                .setNoHooks(invocation.flag("--no-hooks"))
                .setVersion(invocation.text("--version"))
                .setResetValues(invocation.flag("--reset-values"))
                .setReuseValues(invocation.flag("--reuse-values"))
                .build();
    }

    /** Here the namespace scope of the Kubernetes flags means the manager's namespace. */
    private static String namespace(Invocation invocation) {
        String namespace = invocation.text("--manager-namespace", invocation.text("--namespace"));
        return namespace.isEmpty() ? invocation.caller().variable("TELEPRESENCE_MANAGER_NAMESPACE") : namespace;
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        HelmRequest request = request(verb, invocation);
        KubeFlags flags = KubeOptions.of(invocation);
        String output = invocation.daemon().helm(flags, request, invocation.progress()::step);
        invocation.progress().close();
        output.lines().forEach(invocation.output()::line);
        return 0;
    }
}
