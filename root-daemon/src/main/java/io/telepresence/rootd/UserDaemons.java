package io.telepresence.rootd;

import io.telepresence.local.NamedSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;

/** Whose user daemons may have the way to the manager: those who may command this daemon, and root only if it is named. */
final class UserDaemons {
    private UserDaemons() {}

    /** Those users' own. */
    static NamedSocket.Listeners of(Set<Long> users) {
        return Set.copyOf(users)::contains;
    }

    /**
     * Those of the members of a group, as the kernel knows their processes.
     *
     * @param socket this daemon's, which was given to that group
     */
    static NamedSocket.Listeners ofGroupOf(Path socket) {
        return new NamedSocket.Listeners() {
            @Override
            public boolean mayOwn(long uid) {
                return uid != 0;
            }

            @Override
            public boolean mayListen(int pid) {
                return groups(pid).contains(groupOf(socket));
            }
        };
    }

    private static String groupOf(Path socket) {
        try {
            return Integer.toUnsignedString((Integer) Files.getAttribute(socket, "unix:gid"));
        } catch (IOException e) {
            return "none: " + e.getMessage();
        }
    }

    /** From {@code /proc/PID/status}: its own group and the supplementary ones; empty: there is no such process. */
    private static Set<String> groups(int pid) {
        try (Stream<String> lines = Files.lines(Path.of("/proc", Integer.toString(pid), "status"))) {
            Set<String> all = new TreeSet<>();
            lines.filter(l -> l.startsWith("Gid:") || l.startsWith("Groups:"))
                    .forEach(l -> all.addAll(
                            List.of(l.substring(l.indexOf(':') + 1).strip().split("\\s+"))));
            return all;
        } catch (IOException e) {
            return Set.of();
        }
    }
}
