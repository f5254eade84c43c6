package io.telepresence.userd.kubeconfig;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Finds, merges and resolves kubeconfigs as kubectl does. Stateless; reads files, never the network. */
public final class Kubeconfigs {
    private static final Path ACCOUNT = Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

    private Kubeconfigs() {}

    /** A context as {@code list-contexts} shows it. */
    public record Context(String name, String cluster, String user, String namespace, boolean current) {}

    /** The cluster that the options mean. */
    public static KubeTarget read(KubeconfigRequest options) throws FaultException {
        Sources sources = Sources.of(options);
        if (sources.isEmpty() && options.inCluster()) {
            return inCluster(options, options.caller().variables());
        }
        if (sources.isEmpty() && options.flag("server").isEmpty()) {
            throw Fault.config("there is no kubeconfig: " + sources.looked(), "Set KUBECONFIG or use --kubeconfig")
                    .exception();
        }
        return resolve(sources.load(), sources.looked(), options);
    }

    /** All contexts, in the order of the files. */
    public static List<Context> contexts(KubeconfigRequest options) throws FaultException {
        KubeconfigFile all = Sources.of(options).load();
        String flag = options.flag("context");
        String current = flag.isEmpty() ? all.currentContext : flag;
        return all.contexts.entrySet().stream()
                .map(e -> new Context(
                        e.getKey(),
                        KubeTarget.text(e.getValue(), "cluster"),
                        KubeTarget.text(e.getValue(), "user"),
                        KubeTarget.text(e.getValue(), "namespace"),
                        e.getKey().equals(current)))
                .toList();
    }

    private static KubeTarget resolve(KubeconfigFile all, String where, KubeconfigRequest options)
            throws FaultException {
        String wanted = options.flag("context").isEmpty() ? all.currentContext : options.flag("context");
        Map<String, Object> context = Map.of();
        if (!wanted.isEmpty()) {
            context = all.contexts.get(wanted);
            if (context == null) {
                throw Fault.config(
                                "the context \"" + wanted + "\" does not exist in the kubeconfig " + where,
                                "telepresence list-contexts shows those that do")
                        .exception();
            }
        }
        String clusterName = first(options.flag("cluster"), KubeTarget.text(context, "cluster"));
        String userName = first(options.flag("user"), KubeTarget.text(context, "user"));
        Map<String, Object> cluster = named(all.clusters, clusterName, "cluster", where);
        Map<String, Object> user = named(all.users, userName, "user", where);
        KubeconfigOverrides.apply(options, cluster, user);
        if (KubeTarget.text(cluster, "server").isEmpty()) {
            String which =
                    wanted.isEmpty() ? "no current context is set" : "the context \"" + wanted + "\" has no server";
            throw Fault.config(which + " in the kubeconfig " + where, "Choose one with --context")
                    .exception();
        }
        String namespace = first(options.flag("namespace"), KubeTarget.text(context, "namespace"));
        return new KubeTarget(wanted, first(namespace, "default"), cluster, user, userName, via(options));
    }

    private static Map<String, Object> named(
            Map<String, Map<String, Object>> all, String name, String kind, String where) throws FaultException {
        if (name.isEmpty()) {
            return new LinkedHashMap<>();
        }
        Map<String, Object> found = all.get(name);
        if (found == null) {
            throw Fault.config("the " + kind + " \"" + name + "\" does not exist in the kubeconfig " + where, "")
                    .exception();
        }
        return new LinkedHashMap<>(found);
    }

    private static KubeTarget inCluster(KubeconfigRequest options, Map<String, String> environment)
            throws FaultException {
        String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "");
        if (host.isEmpty() || !Files.exists(ACCOUNT.resolve("token"))) {
            throw Fault.config("there is no kubeconfig, and this is not a pod with a service account", "")
                    .exception();
        }
        String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
        Map<String, Object> cluster = new LinkedHashMap<>();
        cluster.put("server", "https://" + (host.indexOf(':') < 0 ? host : "[" + host + "]") + ":" + port);
        cluster.put("certificate-authority", ACCOUNT.resolve("ca.crt").toString());
        Map<String, Object> user = new LinkedHashMap<>();
        user.put("tokenFile", ACCOUNT.resolve("token").toString());
        KubeconfigOverrides.apply(options, cluster, user);
        String namespace = options.flag("namespace");
        try {
            namespace = namespace.isEmpty()
                    ? Files.readString(ACCOUNT.resolve("namespace")).strip()
                    : namespace;
        } catch (IOException e) {
            namespace = "default";
        }
        return new KubeTarget("", first(namespace, "default"), cluster, user, "", via(options));
    }

    private static KubeTarget.Via via(KubeconfigRequest options) {
        return new KubeTarget.Via(null, "", options.caller());
    }

    private static String first(String one, String other) {
        return one.isEmpty() ? other : one;
    }

    /** The texts to merge, in order of strength, and how to name them all in a sentence. */
    private record Sources(List<Path> files, String stdin, boolean mustExist) {
        static Sources of(KubeconfigRequest options) {
            String flag = options.flag("kubeconfig");
            if (flag.equals("-")) {
                return new Sources(List.of(), options.stdin(), true);
            }
            if (!flag.isEmpty()) {
                return new Sources(List.of(options.path(flag)), null, true);
            }
            List<Path> files = Arrays.stream(options.kubeconfigEnv().split(":"))
                    .filter(s -> !s.isEmpty())
                    .map(options::path)
                    .toList();
            return new Sources(
                    files.isEmpty() ? List.of(options.home().resolve(".kube").resolve("config")) : files, null, false);
        }

        boolean isEmpty() {
            return stdin == null && !mustExist && files.stream().noneMatch(Files::exists);
        }

        String looked() {
            if (stdin != null) {
                return "from standard input";
            }
            List<String> names = files.stream().map(Path::toString).toList();
            return isEmpty() ? String.join(" and ", names) + " does not exist" : String.join(":", names);
        }

        KubeconfigFile load() throws FaultException {
            KubeconfigFile all = new KubeconfigFile();
            if (stdin != null) {
                all.add(stdin, "from standard input", Path.of("/"));
            }
            for (Path file : new ArrayList<>(files)) {
                try {
                    all.add(
                            Files.readString(file),
                            file.toString(),
                            file.toAbsolutePath().getParent());
                } catch (NoSuchFileException e) {
                    if (mustExist) {
                        throw Fault.config("the kubeconfig " + file + " does not exist", "")
                                .exception(e);
                    }
                } catch (IOException e) {
                    throw Fault.config("cannot read the kubeconfig " + file + ": " + e.getMessage(), "")
                            .exception(e);
                }
            }
            return all;
        }
    }
}
