package io.telepresence.cli.connect;

import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.KubeOptions;
import io.telepresence.fault.FaultException;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence list-namespaces}. */
public final class ListNamespacesCommand implements Command {
    @Override
    public String name() {
        return "list-namespaces";
    }

    @Override
    public String summary() {
        return "List the cluster's namespaces";
    }

    @Override
    public CommandSpec spec() {
        return KubeOptions.addTo(CommandSpec.create());
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        List<String> names = invocation.daemon().namespaces(KubeOptions.of(invocation));
        if (invocation.output().structured()) {
            invocation.output().object(names);
        } else {
            names.forEach(invocation.output()::line);
        }
        return 0;
    }
}
