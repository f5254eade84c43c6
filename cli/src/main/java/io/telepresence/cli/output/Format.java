package io.telepresence.cli.output;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Locale;

/** Value of {@code --output} (or {@code --format}), in any case. */
public enum Format {
    DEFAULT,
    JSON,
    YAML,
    JSON_STREAM;

    public static Format parse(String text) throws FaultException {
        return switch (text.toLowerCase(Locale.ROOT)) {
            case "default" -> DEFAULT;
            case "json" -> JSON;
            case "yaml" -> YAML;
            case "json-stream" -> JSON_STREAM;
            default ->
                throw Fault.user(
                                "invalid output format \"" + text + "\"",
                                "Use one of json, yaml, json-stream or default")
                        .exception();
        };
    }
}
