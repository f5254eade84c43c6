package io.telepresence.cli.command;

import io.telepresence.cli.daemon.HelmWish;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence helm install | upgrade | uninstall | lint | version}. */
record HelmCommand(HelmWish.Verb verb, String summary) implements Command {
    static Command group() {
        return new Group(
                "helm",
                "Install, upgrade or remove the traffic-manager",
                List.of(
                        new HelmCommand(HelmWish.Verb.INSTALL, "Install the traffic-manager"),
                        new HelmCommand(HelmWish.Verb.UPGRADE, "Upgrade the traffic-manager, or change its values"),
                        new HelmCommand(HelmWish.Verb.UNINSTALL, "Remove the traffic-manager"),
                        new HelmCommand(HelmWish.Verb.LINT, "Check values against the chart"),
                        new HelmCommand(HelmWish.Verb.VERSION, "Show the version of the embedded Helm")));
    }

    @Override
    public String name() {
        return verb.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create();
        if (verb == HelmWish.Verb.VERSION) {
            return spec;
        }
        boolean changes = verb == HelmWish.Verb.INSTALL || verb == HelmWish.Verb.UPGRADE;
        spec.addOption(Options.text("Namespace of the traffic-manager (default ambassador)", "--manager-namespace"));
        if (changes) {
            spec.addOption(Options.flag("Create the namespace if need be (default true)", "--create-namespace"));
        }
        if (verb != HelmWish.Verb.LINT) {
            spec.addOption(Options.flag("Do not run hooks", "--no-hooks"));
        }
        if (verb != HelmWish.Verb.UNINSTALL) {
            addValues(spec);
        }
        if (verb == HelmWish.Verb.UPGRADE) {
            spec.addOption(Options.flag("Forget the values of the installed release", "--reset-values"))
                    .addOption(Options.flag("Keep the values of the installed release", "--reuse-values"));
        }
        return KubeOptions.addTo(spec);
    }

    private static void addValues(CommandSpec spec) {
        spec.addOption(Options.array("Value as key=value; repeatable, or a comma list", "--set"))
                .addOption(Options.array("Value read from a file, as key=path; repeatable", "--set-file"))
                .addOption(Options.array("Value as JSON, as key=json; repeatable", "--set-json"))
                .addOption(Options.array("Value taken as a string; repeatable", "--set-string"))
                .addOption(Options.array("Values file or URL; repeatable", "-f", "--values"))
                .addOption(Options.text("Version of the chart (default the one of this program)", "--version"));
    }

    static HelmWish wish(HelmWish.Verb verb, Call call) throws FaultException {
        if (call.flag("--reset-values") && call.flag("--reuse-values")) {
            throw Fault.user("--reset-values and --reuse-values exclude each other", "Give one of them")
                    .exception();
        }
        var values = new HelmWish.Values(
                call.texts("--set"),
                call.texts("--set-file"),
                call.texts("--set-json"),
                call.texts("--set-string"),
                call.texts("--values"));
        var switches = new HelmWish.Switches(
                call.flag("--create-namespace", true),
                call.flag("--no-hooks"),
                call.text("--version"),
                call.flag("--reset-values"),
                call.flag("--reuse-values"));
        return new HelmWish(verb, KubeOptions.of(call), namespace(call), values, switches);
    }

    /** Here the namespace scope of the Kubernetes flags means the manager's namespace. */
    private static String namespace(Call call) {
        String namespace = call.text("--manager-namespace", call.text("--namespace"));
        return namespace.isEmpty() ? call.caller().variable("TELEPRESENCE_MANAGER_NAMESPACE") : namespace;
    }

    @Override
    public int run(Call call) throws FaultException {
        HelmWish wish = wish(verb, call);
        String output = call.daemon().helm(wish, call.progress()::step);
        call.progress().close();
        output.lines().forEach(call.output()::line);
        return 0;
    }
}
