package io.telepresence.userd.podaccess;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.base.AddressText;
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
    private final List<Consumer<Supplier<String>>> forwards = new ArrayList<>();
    private final PodAccessBroker podAccess;
    private int filesPort;

    private PodPortForwards(PodAccessBroker podAccess) {
        this.podAccess = podAccess;
    }

    /**
     * What shall lead into the pod.
     *
     * @param ports of {@code --to-pod}: the same number here and there
     * @param filesPort serves SFTP; zero: none, but for a container, which gets a free one
     * @param readOnly about the files
     * @param container address of the container that alone may use the ports; empty: programs of this machine may
     */
    public record Spec(List<Port> ports, int filesPort, boolean readOnly, String container) {
        private boolean isEmpty() {
            return ports.isEmpty() && filesPort == 0 && container.isEmpty();
        }
    }

    /** Takes the ports. */
    public static PodPortForwards bind(PodAccessBroker podAccess, Spec spec) throws FaultException {
        PodPortForwards all = new PodPortForwards(podAccess);
        if (spec.isEmpty()) {
            return all;
        }
        EventLoopGroup loops = Loops.create("to-pod", 1);
        all.opened.add(() -> Loops.shutdown(loops));
        try {
            PeerFilter visitors =
                    spec.container().isEmpty() ? PeerFilter.ofThisMachine() : PeerFilter.ofContainer(spec.container());
            for (Port port : spec.ports()) {
                all.bind(loops.next(), port, visitors);
            }
            if (spec.filesPort() != 0 || !spec.container().isEmpty()) {
                all.bindFiles(loops.next(), spec, visitors);
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
        forwards.forEach(endpoint -> endpoint.accept(engagementId));
        forwards.clear();
    }

    @Override
    public void close() {
        synchronized (this) {
            forwards.clear();
        }
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
                UdpPortForward endpoint = opened.add(UdpPortForward.bind(loop, at));
                forwards.add(id -> endpoint.serve(podAccess, target.apply(id), visitors.datagram()));
            } else {
                TcpPortForward endpoint = opened.add(TcpPortForward.bind(loop, at));
                forwards.add(id -> endpoint.serve(podAccess, target.apply(id), visitors.connection()));
            }
        } catch (IOException e) {
            throw taken("--to-pod", at, e);
        }
    }

    private void bindFiles(EventLoop loop, Spec spec, PeerFilter visitors) throws FaultException {
        InetSocketAddress at = new InetSocketAddress(visitors.listen(), spec.filesPort());
        try {
            TcpPortForward endpoint = opened.add(TcpPortForward.bind(loop, at));
            filesPort = endpoint.port();
            forwards.add(id -> endpoint.serve(
                    podAccess, () -> PodAccessBroker.Target.files(id.get(), spec.readOnly()), visitors.connection()));
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
