package io.telepresence.cli.daemon;

import io.telepresence.cli.grpc.GrpcEndpoint;
import java.nio.file.Path;
import java.util.List;

/**
 * A connection of {@code connect --docker}: a daemon in a container, and the network that other containers join.
 *
 * @param name also the daemon's name for {@code --use}
 * @param directory of this connection's files, which only the user can enter
 * @param container name of the daemon's container
 * @param image the client image
 * @param exposed ports that the container publishes, as they were given
 */
public record ContainerDaemon(
        String name,
        Path directory,
        String container,
        String image,
        Network network,
        List<String> exposed,
        Endpoint endpoint) {

    /**
     * The Docker network of the connection.
     *
     * @param gateway4 the daemon's address in it: the way into the cluster; empty: the network may not be there yet
     * @param gateway6 the same for IPv6; empty: the network has none
     */
    public record Network(String name, String gateway4, String gateway6) {}

    /**
     * Where the daemon listens.
     *
     * @param port of 127.0.0.1; zero: at the socket in the connection's directory
     */
    public record Endpoint(int port, String secret) {
        public static final Endpoint SOCKET = new Endpoint(0, "");
    }

    /** The same in that network. */
    public ContainerDaemon in(Network other) {
        return new ContainerDaemon(name, directory, container, image, other, exposed, endpoint);
    }

    /** The same where the daemon listens there. */
    public ContainerDaemon behind(Endpoint other) {
        return new ContainerDaemon(name, directory, container, image, network, exposed, other);
    }

    public Path socket() {
        return directory.resolve("userd.socket");
    }

    public GrpcEndpoint target() {
        return endpoint.port() == 0
                ? GrpcEndpoint.unix(socket())
                : GrpcEndpoint.loopback(endpoint.port(), endpoint.secret());
    }
}
