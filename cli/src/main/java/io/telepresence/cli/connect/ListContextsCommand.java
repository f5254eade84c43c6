package io.telepresence.cli.connect;

import io.telepresence.cli.daemon.KubeContext;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.KubeOptions;
import io.telepresence.fault.FaultException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence list-contexts}. */
public final class ListContextsCommand implements Command {
    @Override
    public String name() {
        return "list-contexts";
    }

    @Override
    public String summary() {
        return "List the contexts of the kubeconfig";
    }

    @Override
    public CommandSpec spec() {
        return KubeOptions.addTo(CommandSpec.create());
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        List<KubeContext> contexts = invocation.daemon().contexts(KubeOptions.of(invocation));
        if (invocation.output().structured()) {
            invocation.output().object(tree(contexts));
            return 0;
        }
        for (KubeContext context : contexts) {
            invocation.output().line((context.current() ? "*" : "-") + " name: " + context.name());
            invocation.output().line("  default namespace: " + context.namespace());
        }
        return 0;
    }

    private static Map<String, Object> tree(List<KubeContext> contexts) {
        Map<String, Object> tree = new LinkedHashMap<>();
        for (KubeContext context : contexts) {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("cluster", context.cluster());
            entry.put("user", context.user());
            entry.put("namespace", context.namespace());
            entry.put("current", context.current());
            tree.put(context.name(), entry);
        }
        return tree;
    }
}
