package io.telepresence.cli.admin;

import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.cli.invocation.Command;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.invocation.KubeOptions;
import io.telepresence.cli.invocation.OptionSpecs;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import picocli.CommandLine.Model.CommandSpec;

/** {@code telepresence revoke ID}. */
public final class RevokeCommand implements Command {
    @Override
    public String name() {
        return "revoke";
    }

    @Override
    public String summary() {
        return "End another user's engagement, as an administrator";
    }

    @Override
    public CommandSpec spec() {
        CommandSpec spec = CommandSpec.create()
                .addPositional(OptionSpecs.parameter(
                        "<intercept_id>", "ID of the engagement, as \"telepresence list --debug\" shows it"))
                .addOption(OptionSpecs.text(
                        "Namespace of the traffic-manager; overrides the configuration", "--manager-namespace"));
        return KubeOptions.addTo(spec);
    }

    @Override
    public int run(Invocation invocation) throws FaultException {
        String id = invocation.parameter(0);
        int colon = id.indexOf(':');
        if (colon < 1 || colon == id.length() - 1) {
            throw Fault.user(
                            "\"" + id + "\" is not the ID of an engagement",
                            "\"telepresence list --debug\" shows it; it ends with a colon and the name")
                    .exception();
        }
        KubeFlags flags = KubeOptions.of(invocation);
        invocation.daemon().revoke(flags, invocation.managerNamespace(), id);
        return 0;
    }
}
