package io.telepresence.userd.podaccess;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.agree.AddressText;
import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Ports that lead into the pod of one engagement: on this machine's loopback (127.0.0.1 only), or for one container. They are taken before the
 * engagement begins, so that a port in use is told first, and served from {@link #serve} on. Thread-safe.
 */
public final class PodPortForwards implements AutoCloseable {
    private final Closers opened = new Closers();
    private final List<Consumer<Supplier<String>>> doors = new ArrayList<>();
    private final PodAccessBroker reaches;
    private int filesPort;

    private PodPortForwards(PodAccessBroker reaches) {
        this.reaches = reaches;
    }

    /**
     * What shall lead into the pod.
     *
     * @param ports of {@code --to-pod}: the same number here and there
     * @param filesPort serves SFTP; zero: none, but for a container, which gets a free one
     * @param readOnly about the files
     * @param container address of the container that alone may use the ports; empty: programs of this machine may
     */
    public record Wish(List<Port> ports, int filesPort, boolean readOnly, String container) {
        private boolean isEmpty() {
            return ports.isEmpty() && filesPort == 0 && container.isEmpty();
        }
    }

    /** Takes the ports. */
    public static PodPortForwards bind(PodAccessBroker reaches, Wish wish) throws FaultException {
        PodPortForwards all = new PodPortForwards(reaches);
        if (wish.isEmpty()) {
            return all;
        }
        EventLoopGroup loops = Loops.create("to-pod", 1);
        all.opened.add(() -> Loops.shutdown(loops));
        try {
            PeerFilter visitors =
                    wish.container().isEmpty() ? PeerFilter.ofThisMachine() : PeerFilter.ofContainer(wish.container());
            for (Port port : wish.ports()) {
                all.bind(loops.next(), port, visitors);
            }
            if (wish.filesPort() != 0 || !wish.container().isEmpty()) {
                all.bindFiles(loops.next(), wish, visitors);
            }
            return all;
        } catch (FaultException e) {
            all.opened.closeAfter(e);
            throw e;
        } catch (IOException e) {
            all.opened.closeAfter(e);
            throw Fault.internal("cannot open ports into the pod: " + e.getMessage())
                    .exception(e);
        }
    }

    /** Where SFTP is served; zero: nowhere. */
    public int filesPort() {
        return filesPort;
    }

    /** Begins to serve; {@code engagementId} is asked for at each connection. */
    public synchronized void serve(Supplier<String> engagementId) {
        doors.forEach(door -> door.accept(engagementId));
        doors.clear();
    }

    @Override
    public void close() {
        try {
            opened.close();
        } catch (Exception e) {
            throw new IllegalStateException("closing local ports", e);
        }
    }

    private void bind(EventLoop loop, Port port, PeerFilter visitors) throws FaultException {
        int number = port.number();
        InetSocketAddress at = new InetSocketAddress(visitors.listen(), number);
        Function<Supplier<String>, Supplier<PodAccessBroker.Target>> target =
                id -> () -> PodAccessBroker.Target.port(id.get(), number);
        try {
            if (port.udp()) {
                UdpPortForward door = opened.add(UdpPortForward.bind(loop, at));
                doors.add(id -> door.serve(reaches, target.apply(id), visitors.datagram()));
            } else {
                TcpPortForward door = opened.add(TcpPortForward.bind(loop, at));
                doors.add(id -> door.serve(reaches, target.apply(id), visitors.connection()));
            }
        } catch (IOException e) {
            throw taken("--to-pod", at, e);
        }
    }

    private void bindFiles(EventLoop loop, Wish wish, PeerFilter visitors) throws FaultException {
        InetSocketAddress at = new InetSocketAddress(visitors.listen(), wish.filesPort());
        try {
            TcpPortForward door = opened.add(TcpPortForward.bind(loop, at));
            filesPort = door.port();
            doors.add(id -> door.serve(
                    reaches, () -> PodAccessBroker.Target.files(id.get(), wish.readOnly()), visitors.connection()));
        } catch (IOException e) {
            throw taken("--local-mount-port", at, e);
        }
    }

    private static FaultException taken(String flag, InetSocketAddress at, IOException why) {
        return Fault.user(
                        "the port " + AddressText.of(at) + " of " + flag + " cannot be used: " + why.getMessage(),
                        "Choose another port, or end the program that has it")
                .exception(why);
    }
}
