package io.telepresence.cli.command;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.FaultException;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence intercept | replace | wiretap | ingest NAME [-- COMMAND]}. */
record EngageCommand(EngagementKind kind, String summary) implements Command {
    @Override
    public String name() {
        return kind.name().toLowerCase(Locale.ROOT);
    }

    @Override
    public boolean takesCommand() {
        return true;
    }

    @Override
    public CommandSpec spec() {
        return EngageOptions.spec(kind);
    }

    @Override
    public int run(Call call) throws FaultException {
        return new Engaging(kind, call).run();
    }
}
