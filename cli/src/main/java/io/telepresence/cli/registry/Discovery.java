package io.telepresence.cli.registry;

import io.telepresence.agree.LocalEndpoint;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermission;
import java.util.Map;

/** Finds the sockets of the caller's daemons, and whether somebody listens there. */
final class Discovery {
    private final Path userSocket;
    private final Path rootSocket;
    private final long uid;

    private Discovery(Path userSocket, Path rootSocket, long uid) {
        this.userSocket = userSocket;
        this.rootSocket = rootSocket;
        this.uid = uid;
    }

    static Discovery of(Map<String, String> environment) {
        long uid = callerUid();
        return new Discovery(
                LocalEndpoint.userDaemon(LocalEndpoint.userDirectory(environment, uid)),
                LocalEndpoint.rootDaemon(),
                uid);
    }

    /** For tests: sockets at other places. */
    static Discovery at(Path userSocket, Path rootSocket) {
        return new Discovery(userSocket, rootSocket, callerUid());
    }

    Path userSocket() {
        return userSocket;
    }

    Path rootSocket() {
        return rootSocket;
    }

    long uid() {
        return uid;
    }

    /** Whether the user daemon listens; a socket in a directory of somebody else is a fault. */
    boolean userListens() throws FaultException {
        if (!Files.exists(userSocket)) {
            return false;
        }
        Path directory = userSocket.getParent();
        if (owner(directory) != uid) {
            throw Fault.denied(
                            "directory " + directory + " belongs to another user", "Remove it, or set XDG_RUNTIME_DIR")
                    .exception();
        }
        return listens(userSocket);
    }

    boolean rootListens() throws FaultException {
        try {
            return listens(rootSocket);
        } catch (FaultException e) {
            throw otherUsers(group()).exception(e);
        }
    }

    /** @param group for which the root daemon is a service; empty: it is one user's */
    private static Fault otherUsers(String group) {
        return group.isEmpty()
                ? Fault.denied(
                        "the root daemon of this machine serves another user",
                        "Let that user run \"telepresence quit -s\" first")
                : Fault.denied(
                        "the root daemon of this machine serves the members of the group " + group
                                + ", and you are not one of them",
                        "Ask an administrator to add you, then log in again");
    }

    private String group() {
        try {
            PosixFileAttributes socket = Files.readAttributes(rootSocket, PosixFileAttributes.class);
            return socket.permissions().contains(PosixFilePermission.GROUP_WRITE)
                    ? socket.group().getName()
                    : "";
        } catch (IOException e) {
            return "";
        }
    }

    private static boolean listens(Path socket) throws FaultException {
        if (!Files.exists(socket, LinkOption.NOFOLLOW_LINKS)) {
            return false;
        }
        try (SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.connect(UnixDomainSocketAddress.of(socket));
            return true;
        } catch (java.net.ConnectException e) {
            return false;
        } catch (IOException e) {
            if (e instanceof AccessDeniedException
                    || String.valueOf(e.getMessage()).contains("ermission")) {
                throw Fault.denied("no right to use " + socket, "").exception(e);
            }
            return false;
        }
    }

    private static long callerUid() {
        return owner(Path.of("/proc/self"));
    }

    private static long owner(Path path) {
        try {
            return ((Number) Files.getAttribute(path, "unix:uid")).longValue();
        } catch (IOException e) {
            return -1;
        }
    }
}
