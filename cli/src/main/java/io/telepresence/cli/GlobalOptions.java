package io.telepresence.cli;

import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.cli.output.Format;
import io.telepresence.cli.output.Progress;
import io.telepresence.fault.FaultException;
import java.util.Set;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The options that every command takes, before or after its name. */
record GlobalOptions(String config, Format format, Progress.Style progress, String use) {
    static final String USE = "--use";

    /** Those that are followed by a value. */
    static final Set<String> WITH_VALUE = Set.of("--config", "--output", "--format", "--progress", USE);

    static final Set<String> HELP = Set.of("-h", "--help");

    static CommandSpec addTo(CommandSpec spec) {
        // genyaml has a file named --output; there the format is only --format.
        String[] format =
                spec.findOption("--output") == null ? new String[] {"--output", "--format"} : new String[] {"--format"};
        return spec.addOption(OptionSpecs.text("Path of the client's configuration file", "--config"))
                .addOption(OptionSpecs.text("Format of the output: json, yaml, json-stream or default", format))
                .addOption(OptionSpecs.text("Style of progress: auto, tty, plain, json or quiet", "--progress"))
                .addOption(OptionSpecs.text("Expression that matches the name of one connection, if several run", USE))
                .addOption(OptionSpec.builder("-h", "--help")
                        .usageHelp(true)
                        .description("Show this help")
                        .build());
    }

    static GlobalOptions of(ParseResult options) throws FaultException {
        return new GlobalOptions(
                options.matchedOptionValue("--config", ""),
                format(options),
                Progress.Style.parse(options.matchedOptionValue("--progress", "auto")),
                options.matchedOptionValue(USE, ""));
    }

    static Format format(ParseResult options) throws FaultException {
        if (options.matchedOptionValue("--json", false)) {
            return Format.JSON;
        }
        if (options.matchedOptionValue("--watch", false)) {
            return Format.JSON_STREAM;
        }
        return Format.parse(options.matchedOptionValue("--format", "default"));
    }
}
