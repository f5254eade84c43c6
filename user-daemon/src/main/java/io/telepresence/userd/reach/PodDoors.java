package io.telepresence.userd.reach;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.rpc.manager.PodPort;
import io.telepresence.rpc.tunnel.Protocol;
import io.telepresence.run.Closers;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * Ports on this machine's loopback (127.0.0.1 only) that lead into the pod of one engagement. They are taken before the
 * engagement begins, so that a port in use is told first, and served from {@link #serve} on. Thread-safe.
 */
public final class PodDoors implements AutoCloseable {
    private final Closers opened = new Closers();
    private final List<Consumer<Supplier<String>>> doors = new ArrayList<>();
    private final Reaches reaches;

    private PodDoors(Reaches reaches) {
        this.reaches = reaches;
    }

    /**
     * Takes the ports. TCP ports serve only programs of this user and root; who sends a datagram cannot be known.
     *
     * @param ports of {@code --to-pod}: the same number here and there
     * @param filesPort serves SFTP to this user's programs; zero: none
     * @param readOnly about the files
     */
    public static PodDoors bind(Reaches reaches, List<PodPort> ports, int filesPort, boolean readOnly)
            throws FaultException {
        PodDoors all = new PodDoors(reaches);
        if (ports.isEmpty() && filesPort == 0) {
            return all;
        }
        EventLoopGroup loops = Loops.create("to-pod", 1);
        all.opened.add(() -> Loops.shutdown(loops));
        try {
            for (PodPort port : ports) {
                all.bind(loops.next(), port);
            }
            if (filesPort != 0) {
                all.bindFiles(loops.next(), filesPort, readOnly);
            }
            return all;
        } catch (FaultException e) {
            all.opened.closeAfter(e);
            throw e;
        }
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

    private void bind(EventLoop loop, PodPort port) throws FaultException {
        int number = port.getPort();
        try {
            if (port.getProtocol() == Protocol.UDP) {
                UdpDoor door = opened.add(UdpDoor.bind(loop, number));
                doors.add(id -> door.serve(reaches, () -> Reaches.Target.port(id.get(), number)));
            } else {
                TcpDoor door = opened.add(TcpDoor.bind(loop, number));
                PeerUser own = PeerUser.ofThisProcess();
                doors.add(id -> door.serve(reaches, () -> Reaches.Target.port(id.get(), number), own::owns));
            }
        } catch (IOException e) {
            throw taken("--to-pod", number, e);
        }
    }

    private void bindFiles(EventLoop loop, int port, boolean readOnly) throws FaultException {
        try {
            TcpDoor door = opened.add(TcpDoor.bind(loop, port));
            PeerUser own = PeerUser.ofThisProcess();
            doors.add(id -> door.serve(reaches, () -> Reaches.Target.files(id.get(), readOnly), own::owns));
        } catch (IOException e) {
            throw taken("--local-mount-port", port, e);
        }
    }

    private static FaultException taken(String flag, int port, IOException why) {
        return Fault.user(
                        "the port 127.0.0.1:" + port + " of " + flag + " cannot be used: " + why.getMessage(),
                        "Choose another port, or end the program that has it")
                .exception(why);
    }
}
