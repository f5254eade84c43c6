package io.telepresence.cli.daemon;

import java.util.List;

/** What a {@code helm} command asks for; lists are as typed, in order. */
public record HelmRequest(Verb verb, KubeFlags kube, String managerNamespace, Values values, Switches switches) {
    public enum Verb {
        INSTALL,
        UPGRADE,
        UNINSTALL,
        LINT,
        VERSION
    }

    public record Values(
            List<String> set, List<String> setFile, List<String> setJson, List<String> setString, List<String> files) {
        public static final Values NONE = new Values(List.of(), List.of(), List.of(), List.of(), List.of());
    }

    public record Switches(
            boolean createNamespace, boolean noHooks, String version, boolean resetValues, boolean reuseValues) {
        public static final Switches NONE = new Switches(false, false, "", false, false);
    }
}
