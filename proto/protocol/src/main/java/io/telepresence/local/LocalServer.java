package io.telepresence.local;

import io.grpc.BindableService;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.ChannelOption;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;

/**
 * A gRPC server on a unix socket. The socket is 0600 and belongs to {@code ownerUid}; in addition the kernel's peer
 * credentials (SO_PEERCRED) of each connection are checked before a byte is read. Service methods run on virtual
 * threads.
 */
public final class LocalServer implements AutoCloseable {
    private final OwnedServer server;
    private final Path socket;

    private LocalServer(OwnedServer server, Path socket) {
        this.server = server;
        this.socket = socket;
    }

    /**
     * Starts to listen. A socket file left behind by a dead process is replaced: the caller holds the lock that says
     * that nobody listens there.
     *
     * @param ownerUid who gets the socket file
     * @param allowedUids whose connections are served
     */
    public static LocalServer start(Path socket, long ownerUid, Set<Long> allowedUids, List<BindableService> services)
            throws FaultException {
        return start(socket, PeerCheck.users(allowedUids), services, bound -> {
            Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-------"));
            if (((Number) Files.getAttribute(bound, "unix:uid")).longValue() != ownerUid) {
                Files.setAttribute(bound, "unix:uid", (int) ownerUid);
            }
        });
    }

    /** The same for the members of a group: the socket is 0660, belongs to the group, and the kernel keeps others out. */
    public static LocalServer startForGroup(Path socket, GroupPrincipal group, List<BindableService> services)
            throws FaultException {
        return start(socket, PeerCheck.anybody(), services, bound -> {
            Files.getFileAttributeView(bound, PosixFileAttributeView.class).setGroup(group);
            Files.setPosixFilePermissions(bound, PosixFilePermissions.fromString("rw-rw----"));
        });
    }

    /** Says who may use a socket that nobody looks for yet. */
    interface Permission {
        void give(Path bound) throws IOException;
    }

    /**
     * The socket gets its name last: whoever sees it may use it, or never will. A client that came before that would take
     * the daemon for somebody else's.
     */
    static LocalServer start(Path socket, PeerCheck check, List<BindableService> services, Permission permission)
            throws FaultException {
        OwnedServer server = null;
        Path bound = socket.resolveSibling(socket.getFileName() + ".new");
        try {
            Files.deleteIfExists(socket);
            Files.deleteIfExists(bound);
            NettyServerBuilder builder = NettyServerBuilder.forAddress(new DomainSocketAddress(bound.toFile()))
                    .channelFactory(() -> PeerCheck.socket(check))
                    .withChildOption(ChannelOption.SO_KEEPALIVE, null);
            server = OwnedServer.start("local-" + socket.getFileName(), builder, services);
            permission.give(bound);
            Files.move(bound, socket, StandardCopyOption.ATOMIC_MOVE);
            return new LocalServer(server, socket);
        } catch (IOException e) {
            if (server != null) {
                server.close();
            }
            throw Fault.internal("cannot listen on " + socket + ": " + e.getMessage())
                    .exception(e);
        }
    }

    /** Ends all calls and removes the socket; takes at most three seconds. */
    @Override
    public void close() throws IOException {
        server.close();
        Files.deleteIfExists(socket);
    }
}
