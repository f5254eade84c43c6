package io.telepresence.userd.podaccess;

import io.netty.channel.Channel;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds out which local user made a TCP connection over the loopback, from the kernel's table of sockets: a TCP port has
 * no peer credentials.
 *
 * @param uid who may connect, apart from root
 */
record PeerUser(long uid) {
    private static final Logger LOG = LoggerFactory.getLogger(PeerUser.class);
    private static final List<Path> TABLES = List.of(Path.of("/proc/net/tcp"), Path.of("/proc/net/tcp6"));

    static PeerUser ofThisProcess() throws IOException {
        return new PeerUser(((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue());
    }

    /** Whether the other end of this accepted connection is a socket of that user, or of root. */
    boolean owns(Channel accepted) {
        InetSocketAddress peer = (InetSocketAddress) accepted.remoteAddress();
        InetSocketAddress own = (InetSocketAddress) accepted.localAddress();
        if (peer == null || own == null) {
            return false;
        }
        for (Path table : TABLES) {
            try (Stream<String> lines = Files.lines(table)) {
                OptionalLong owner = owner(lines, peer.getPort(), own.getPort());
                if (owner.isPresent()) {
                    boolean ours = owner.getAsLong() == uid || owner.getAsLong() == 0;
                    if (!ours) {
                        LOG.warn("connection of user {} to port {} refused", owner.getAsLong(), own.getPort());
                    }
                    return ours;
                }
            } catch (IOException | NumberFormatException e) {
                LOG.debug("reading {}", table, e);
            }
        }
        LOG.warn("connection to port {} refused: its owner is not known", own.getPort());
        return false;
    }

    /**
     * The uid of the socket from that port of 127.0.0.1 to this one; empty: none in this table. A socket that its
     * owner has closed already has no inode and is shown as root's: it does not count.
     */
    static OptionalLong owner(Stream<String> table, int fromPort, int toPort) {
        String from = String.format(Locale.ROOT, "0100007F:%04X", fromPort);
        String to = String.format(Locale.ROOT, "0100007F:%04X", toPort);
        return table.map(line -> line.strip().split("\\s+"))
                .filter(f -> f.length > 9 && f[1].endsWith(from) && f[2].endsWith(to) && !f[9].equals("0"))
                .mapToLong(f -> Long.parseLong(f[7]))
                .findFirst();
    }
}
