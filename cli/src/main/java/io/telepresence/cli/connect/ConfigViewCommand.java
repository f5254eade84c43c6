package io.telepresence.cli.connect;

import io.telepresence.cli.daemon.Configuration;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Group;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.output.Format;
import io.telepresence.cli.output.JsonWriter;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence config view}. */
public final class ConfigViewCommand implements Command {
    public static Command group() {
        return new Group("config", "View the configuration", List.of(new ConfigViewCommand()));
    }

    @Override
    public String name() {
        return "view";
    }

    @Override
    public String summary() {
        return "Show the effective configuration";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create()
                .addOption(OptionSpecs.flag("Show only the client's own file", "-c", "--client-only"));
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        Configuration configuration = invocation
                .daemon()
                .configuration(
                        invocation.flag("--client-only"), invocation.caller().configFile());
        if (invocation.output().format() == Format.JSON || invocation.output().format() == Format.JSON_STREAM) {
            invocation.output().bare(new JsonWriter.Raw(configuration.json()));
        } else {
            invocation.output().document(configuration.yaml());
        }
        return 0;
    }
}
