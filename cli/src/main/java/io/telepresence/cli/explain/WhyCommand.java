package io.telepresence.cli.explain;

import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.DaemonSession;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.FaultException;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence why [METHOD] URL}. */
public final class WhyCommand implements Command {
    @Override
    public String name() {
        return "why";
    }

    @Override
    public String summary() {
        return "Explain where a request would go";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(
                        OptionSpecs.parameters("<method> <url>", "The request; the method is GET if it is left out"))
                .addOption(OptionSpecs.array(
                        "Header of the request: 'Name: value' or Name=value; repeatable", "-H", "--header"))
                .addOption(OptionSpecs.text("Also show where recent requests went, up to this many", "--last"))
                .addOption(
                        OptionSpecs.text("Namespace of the workload (default the connected one)", "-n", "--namespace"))
                .addOption(OptionSpecs.text("Workload, if the URL does not say", "--workload"));
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        var request = WhyArguments.of(invocation);
        Explanation why = DaemonSession.session(invocation).explain(request);
        if (invocation.output().structured()) {
            invocation.output().object(WhyTree.of(why));
        } else {
            WhyText.lines(WhyArguments.asTyped(invocation), why).forEach(invocation.output()::line);
        }
        return 0;
    }
}
