package io.telepresence.cli.command;

import io.telepresence.cli.daemon.Configuration;
import io.telepresence.cli.output.Format;
import io.telepresence.cli.output.Json;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence config view}. */
final class ConfigViewCommand implements Command {
    static Command group() {
        return new Group("config", "Look at the configuration", List.of(new ConfigViewCommand()));
    }

    @Override
    public String name() {
        return "view";
    }

    @Override
    public String summary() {
        return "Show the configuration in force";
    }

    @Override
    public CommandSpec spec() {
        return CommandSpec.create().addOption(Options.flag("Only the client's own file", "-c", "--client-only"));
    }

    @Override
    public int run(Call call) throws FaultException {
        Configuration configuration = call.daemon()
                .configuration(call.flag("--client-only"), call.caller().configFile());
        if (call.output().format() == Format.JSON || call.output().format() == Format.JSON_STREAM) {
            call.output().bare(new Json.Raw(configuration.json()));
        } else {
            call.output().document(configuration.yaml());
        }
        return 0;
    }
}
