package io.telepresence.agent.listener;

import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.unix.Socket;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Listening sockets that outlive this process. The launcher, which is the container's first process, is given each of
 * them; when this process was killed it starts the next one with them, and callers wait meanwhile instead of being
 * refused. Not thread-safe; for the start of the agent.
 */
public final class KeptSockets {
    /** The number of the socket to the launcher; where it is not set nobody keeps anything. */
    private static final String KEEPER = "_TEL_AGENT_KEEPER";
    /** The numbers of the sockets that an earlier process has left, separated by commas. */
    private static final String KEPT = "_TEL_AGENT_KEPT_PORTS";

    private static final Logger LOG = LoggerFactory.getLogger(KeptSockets.class);

    private final Optional<Socket> keeper;
    private final Map<Integer, Socket> left = new HashMap<>();
    private final boolean restarted;

    private KeptSockets(Optional<Socket> keeper, Iterable<Socket> left) {
        this.keeper = keeper;
        for (Socket socket : left) {
            this.left.put(socket.localAddress().getPort(), socket);
        }
        restarted = !this.left.isEmpty();
    }

    /** Nobody keeps sockets. */
    public static KeptSockets none() {
        return new KeptSockets(Optional.empty(), List.of());
    }

    /** @param environment of this process, as the launcher has made it */
    public static KeptSockets of(Map<String, String> environment) {
        String number = environment.getOrDefault(KEEPER, "");
        if (number.isEmpty()) {
            return none();
        }
        Epoll.ensureAvailability();
        return new KeptSockets(
                Optional.of(new Socket(Integer.parseInt(number))),
                Arrays.stream(environment.getOrDefault(KEPT, "").split(","))
                        .filter(one -> !one.isEmpty())
                        .map(one -> new Socket(Integer.parseInt(one)))
                        .toList());
    }

    /** Whether an earlier process of this container served these ports, and callers may be waiting. */
    public boolean restarted() {
        return restarted;
    }

    /** The listening socket that was left for that port; each is given once. */
    public Optional<EpollServerSocketChannel> take(InetSocketAddress address) {
        return Optional.ofNullable(left.remove(address.getPort()))
                .map(socket -> new EpollServerSocketChannel(socket.intValue()));
    }

    /** Has it kept from now on; it must be bound. A socket that cannot be kept is served as well. */
    public void keep(EpollServerSocketChannel socket) {
        keeper.ifPresent(to -> {
            try {
                to.sendFd(socket.fd().intValue());
            } catch (IOException e) {
                LOG.warn("should this process be killed, its port is closed for a moment: {}", e.toString());
            }
        });
    }

    /** Ends listening for good, whoever else holds the socket. */
    static void end(EpollServerSocketChannel socket) {
        try {
            new Socket(socket.fd().intValue()).shutdown(true, true);
        } catch (IOException e) {
            LOG.debug("ending a listening socket", e);
        }
    }
}
