package io.telepresence.cli.daemon;

import java.util.Map;

/**
 * What {@code genyaml} asks for.
 *
 * @param workload name of one in the cluster; empty: {@code input} has it
 * @param input a workload as YAML
 * @param agentConfig what {@link What#CONFIG} gave before
 * @param options flag names without dashes
 */
public record YamlRequest(
        What what, String namespace, String workload, String input, String agentConfig, Map<String, String> options) {
    public enum What {
        CONFIG,
        CONTAINER,
        INITCONTAINER,
        ANNOTATIONS,
        VOLUME
    }
}
