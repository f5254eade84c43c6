package io.telepresence.agent.drain;

import io.netty.util.NetUtil;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * On which ports the processes of this pod listen, by the kernel's own tables of this network namespace: the
 * application notices nothing of being looked at. Where a sandbox has no such tables, its ports are connected to instead,
 * and datagram ports count as closed. Blocks for milliseconds, and for a second at most where it must connect.
 */
public final class AppSockets implements Drain.Listening {
    private static final int CONNECT_MILLIS = 200;
    private static final Logger LOG = LoggerFactory.getLogger(AppSockets.class);

    private final Path tables;
    private final List<InetAddress> addresses;

    /** @param pod its address, where the application may listen besides loopback */
    public AppSockets(InetAddress pod) {
        this(Path.of("/proc/self/net"), List.of(pod, NetUtil.LOCALHOST4, NetUtil.LOCALHOST6));
    }

    AppSockets(Path tables, List<InetAddress> addresses) {
        this.tables = tables;
        this.addresses = addresses;
    }

    @Override
    public Set<Port> of(List<Port> asked) {
        Set<Port> found = new HashSet<>();
        if (asked.isEmpty()) {
            return found;
        }
        try {
            read("tcp", Transport.TCP, "0A", found);
            read("udp", Transport.UDP, "07", found);
        } catch (IOException e) {
            LOG.debug("no table of sockets: {}", e.toString());
            asked.stream().filter(this::accepts).forEach(found::add);
        }
        found.retainAll(asked);
        return found;
    }

    /** Listening sockets come first in the kernel's table: the many that are connected are not read. */
    private void read(String table, Transport transport, String state, Set<Port> found) throws IOException {
        read(tables.resolve(table), transport, state, found);
        Path six = tables.resolve(table + "6");
        if (Files.exists(six)) {
            read(six, transport, state, found);
        }
    }

    private static void read(Path table, Transport transport, String state, Set<Port> found) throws IOException {
        try (BufferedReader lines = Files.newBufferedReader(table)) {
            lines.readLine();
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
                String[] words = line.strip().split("\\s+");
                boolean wanted = words.length > 3 && words[3].equals(state);
                if (wanted) {
                    String port = words[1].substring(words[1].lastIndexOf(':') + 1);
                    found.add(new Port(transport, Integer.parseInt(port, 16)));
                } else if (transport == Transport.TCP) {
                    return;
                }
            }
        }
    }

    private boolean accepts(Port port) {
        return port.transport() == Transport.TCP && addresses.stream().anyMatch(a -> accepts(a, port.number()));
    }

    private static boolean accepts(InetAddress address, int port) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), CONNECT_MILLIS);
            return true;
        } catch (IOException e) {
            return false;
        }
    }
}
