package io.telepresence.cli.docker;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A network that the user names for a container of theirs.
 *
 * @param typed the value of {@code --network} as it was given
 * @param options for {@code docker network connect}
 */
public record UserNetwork(String typed, String name, List<String> options) {
    /** Keys of docker's long form that {@code docker network connect} has as options. */
    private static final Set<String> OPTIONS =
            Set.of("alias", "driver-opt", "gw-priority", "ip", "ip6", "link-local-ip");

    /** A name, or {@code name=N,alias=A,…}. */
    static UserNetwork parse(String value) throws FaultException {
        if (value.indexOf('=') < 0) {
            return new UserNetwork(value, value, List.of());
        }
        String name = "";
        List<String> options = new ArrayList<>();
        for (String part : value.split(",")) {
            String[] pair = part.split("=", 2);
            String key = pair[0].strip().toLowerCase(Locale.ROOT);
            String text = pair.length < 2 ? "" : pair[1].strip();
            if (key.equals("name")) {
                name = text;
            } else if (OPTIONS.contains(key)) {
                options.add("--" + key + "=" + text);
            } else {
                throw Fault.user(
                                "--network " + value + " cannot be used: a running container cannot join a network"
                                        + " with \"" + part + "\"",
                                "Supported are name, " + String.join(", ", new java.util.TreeSet<>(OPTIONS)))
                        .exception();
            }
        }
        if (name.isEmpty()) {
            throw Fault.user("--network " + value + " names no network", "Write name=NETWORK,…")
                    .exception();
        }
        return new UserNetwork(value, name, List.copyOf(options));
    }

    /** The same with more options. */
    UserNetwork with(List<String> more) {
        List<String> all = new ArrayList<>(options);
        all.addAll(more);
        return new UserNetwork(typed, name, List.copyOf(all));
    }
}
