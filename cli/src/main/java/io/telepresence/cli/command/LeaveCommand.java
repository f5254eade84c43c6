package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Chosen;
import io.telepresence.cli.daemon.LeaveWish;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence leave NAME}, also called detach. */
final class LeaveCommand implements Command {
    @Override
    public String name() {
        return "leave";
    }

    @Override
    public List<String> aliases() {
        return List.of("detach");
    }

    @Override
    public String summary() {
        return "End an intercept, replace, wiretap or ingest";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addPositional(Options.parameter("<name>", "Its name, or the workload's for a replace or an ingest"))
                .addOption(Options.text("Container where several of the workload are engaged", "-c", "--container"))
                .addOption(Options.text("Namespace where the name exists in several", "-n", "--namespace"));
    }

    @Override
    public int run(Call call) throws FaultException {
        LeaveWish wish = new LeaveWish(call.parameter(0), call.text("--container"), call.text("--namespace"));
        Chosen chosen = Sessions.present(call);
        String id = chosen.daemon().leave(wish);
        if (chosen.container().isPresent()) {
            call.docker().endHandlers(chosen.container().get(), id);
        } else {
            Sessions.endHandlersBeside(call, id);
        }
        return 0;
    }
}
