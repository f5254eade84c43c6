package io.telepresence.cli.engage;

import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.FaultException;
import java.util.Locale;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence intercept | replace | wiretap | ingest NAME [-- COMMAND]}. */
public record EngageCommand(EngagementKind kind) implements Command {
    @Override
    public String summary() {
        return EngagementWords.of(kind).summary();
    }

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
    public int run(Invocation invocation) throws FaultException {
        return new EngageRun(kind, invocation).run();
    }
}
