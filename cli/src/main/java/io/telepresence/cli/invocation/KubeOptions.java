package io.telepresence.cli.invocation;

import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;

/** The Kubernetes flags that several commands share, with kubectl's names and meanings. */
public final class KubeOptions {
    private static final Path IN_CLUSTER = Path.of("/var/run/secrets/kubernetes.io/serviceaccount/token");

    private KubeOptions() {}

    public static CommandSpec addTo(CommandSpec spec) {
        all().forEach(spec::addOption);
        return spec;
    }

    /** The flags that were given, and the caller's surroundings. Reads stdin for {@code --kubeconfig -}. */
    public static KubeFlags of(Invocation invocation) throws FaultException {
        Map<String, List<String>> given = new LinkedHashMap<>();
        for (OptionSpec option : all()) {
            String name = option.longestName();
            if (invocation.options().hasMatchedOption(name)) {
                given.put(name.substring(2), values(invocation.options().matchedOptionValue(name, (Object) "")));
            }
        }
        return new KubeFlags(
                given,
                place(invocation.caller()),
                stdin(invocation, given),
                new KubeFlags.Shell(invocation.caller().environment(), invocation.progress()::close));
    }

    private static List<String> values(Object value) {
        return value instanceof List<?> list
                ? list.stream().map(String::valueOf).toList()
                : List.of(String.valueOf(value));
    }

    private static KubeFlags.CallerEnvironment place(Invoker caller) {
        boolean inPod = !caller.variable("KUBERNETES_SERVICE_HOST").isEmpty() && Files.exists(IN_CLUSTER);
        return new KubeFlags.CallerEnvironment(
                caller.variable("KUBECONFIG"),
                caller.variable("HOME"),
                caller.workingDirectory().toString(),
                inPod,
                caller.configFile());
    }

    private static byte[] stdin(Invocation invocation, Map<String, List<String>> given) throws FaultException {
        if (!List.of("-").equals(given.get("kubeconfig"))) {
            return new byte[0];
        }
        try {
            return invocation.caller().stdin().readAllBytes();
        } catch (IOException e) {
            throw Fault.user("the kubeconfig cannot be read from stdin: " + e.getMessage(), "")
                    .exception(e);
        }
    }

    private static List<OptionSpec> all() {
        return List.of(
                OptionSpecs.text("User or service account to impersonate", "--as"),
                OptionSpecs.array("Group to impersonate; repeatable", "--as-group"),
                OptionSpecs.text("UID to impersonate", "--as-uid"),
                OptionSpecs.array("Extra impersonation attributes; repeatable", "--as-user-extra"),
                OptionSpecs.text("Discovery cache (default $HOME/.kube/cache)", "--cache-dir"),
                OptionSpecs.text("CA file for the API server", "--certificate-authority"),
                OptionSpecs.text("Client certificate file for TLS", "--client-certificate"),
                OptionSpecs.text("Client key file for TLS", "--client-key"),
                OptionSpecs.text("Name of the kubeconfig cluster to use", "--cluster"),
                OptionSpecs.text("Name of the kubeconfig context to use", "--context"),
                OptionSpecs.flag("Do not ask for compressed API responses", "--disable-compression"),
                OptionSpecs.flag("Do not verify the API server's certificate", "--insecure-skip-tls-verify"),
                OptionSpecs.text("Path of the kubeconfig; - reads it from stdin", "--kubeconfig"),
                OptionSpecs.text("Proxy for API server requests", "--proxy-url"),
                OptionSpecs.text("Limit of one API request; 0 for none (default 0)", "--request-timeout"),
                OptionSpecs.text("Address of the API server", "-s", "--server"),
                OptionSpecs.text("Name to verify in the API server's certificate", "--tls-server-name"),
                OptionSpecs.text("Bearer token for the API server", "--token"),
                OptionSpecs.text("Name of the kubeconfig user to use", "--user"),
                OptionSpecs.text("Namespace scope of this request", "-n", "--namespace"));
    }
}
