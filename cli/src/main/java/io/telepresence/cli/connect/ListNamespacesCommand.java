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
    public int run(Invocation call) throws FaultException {
        List<String> names = call.daemon().namespaces(KubeOptions.of(call));
        if (call.output().structured()) {
            call.output().object(names);
        } else {
            names.forEach(call.output()::line);
        }
        return 0;
    }
}
