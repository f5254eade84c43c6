package io.telepresence.cli.output;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;

/** Value of {@code --output} (or {@code --format}). */
public enum Format {
    DEFAULT,
    JSON,
    YAML,
    JSON_STREAM;

    public static Format parse(String text) throws FaultException {
        return switch (text) {
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
