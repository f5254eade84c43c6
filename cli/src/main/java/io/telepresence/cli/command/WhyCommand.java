package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Explanation;
import io.telepresence.cli.daemon.WhyWish;
import io.telepresence.fault.FaultException;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence why [METHOD] URL}. */
final class WhyCommand implements Command {
    @Override
    public String name() {
        return "why";
    }

    @Override
    public String summary() {
        return "Tell where a request would go, and why";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(Options.parameters("<method> <url>", "The request; the method is GET if it is left out"))
                .addOption(Options.array(
                        "Header of the request: 'Name: value' or Name=value; repeatable", "-H", "--header"))
                .addOption(Options.text("Also where the last requests went: how many", "--last"))
                .addOption(Options.text("Namespace of the workload (default the connected one)", "-n", "--namespace"))
                .addOption(Options.text("Workload, where the URL does not say", "--workload"));
    }

    @Override
    public int run(Call call) throws FaultException {
        WhyWish wish = WhyRequest.of(call);
        Explanation why = Sessions.session(call).explain(wish);
        if (call.output().structured()) {
            call.output().object(WhyTree.of(why));
        } else {
            WhyText.lines(WhyRequest.asTyped(call), why).forEach(call.output()::line);
        }
        return 0;
    }
}
