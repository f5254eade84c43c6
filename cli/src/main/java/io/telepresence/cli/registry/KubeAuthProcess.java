package io.telepresence.cli.registry;

import io.telepresence.cli.connector.KubeFlagsToWire;
import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.daemon.KubeFlags;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.connector.HostAnswer;
import io.telepresence.rpc.connector.HostEndpoint;
import io.telepresence.rpc.connector.HostQuestion;
import io.telepresence.rpc.connector.ResolvedCluster;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;

/**
 * The helper on this machine of a daemon in a container: it reads the kubeconfig, and later runs credential plugins. First
 * {@link #cluster}, then {@link #serve}; closed without the latter it ends. Used by one thread.
 */
public final class KubeAuthProcess implements AutoCloseable {
    private static final Duration ANSWER = Duration.ofSeconds(20);

    private final Process process;
    private final Path log;

    /**
     * What a container is started with.
     *
     * @param server the API server's URL
     * @param image the configured client image; empty: the one of this version
     * @param hostGateway how containers shall call this machine; empty: not at all
     */
    public record Cluster(
            String context, String namespace, String server, String image, String hostGateway, boolean ipv6) {}

    private KubeAuthProcess(Process process, Path log) {
        this.process = process;
        this.log = log;
    }

    /**
     * Starts it, in a session of its own: the terminal's signals do not reach it.
     *
     * @param executable bin/telepresence
     * @param log gets what it prints as errors
     */
    public static KubeAuthProcess start(Path executable, KubeFlags flags, Path log) throws FaultException {
        try {
            Files.createDirectories(
                    log.getParent(),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            Process process = new ProcessBuilder("setsid", executable.toString(), "kubeauthd")
                    .redirectError(log.toFile())
                    .start();
            HostQuestion.newBuilder()
                    .setResolve(KubeFlagsToWire.kube(flags))
                    .build()
                    .writeDelimitedTo(process.getOutputStream());
            process.getOutputStream().flush();
            return new KubeAuthProcess(process, log);
        } catch (IOException e) {
            throw Fault.internal("the helper that reads the kubeconfig cannot be started: " + e.getMessage())
                    .exception(e);
        }
    }

    /** What the kubeconfig says; blocks. */
    public Cluster cluster() throws FaultException {
        Thread watch = Thread.ofPlatform().daemon().name("deadline").start(() -> {
            try {
                Thread.sleep(ANSWER);
                process.destroyForcibly();
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
        try {
            HostAnswer answer = HostAnswer.parseDelimitedFrom(process.getInputStream());
            if (answer == null) {
                throw silent(null);
            }
            if (answer.hasFault()) {
                throw FaultStatus.fromWire(answer.getFault()).exception();
            }
            ResolvedCluster found = answer.getResolved();
            return new Cluster(
                    found.getContext(),
                    found.getNamespace(),
                    found.getServer(),
                    found.getDocker().getClientImage(),
                    found.getDocker().getHostGateway(),
                    found.getDocker().getIpv6());
        } catch (IOException e) {
            throw silent(e);
        } finally {
            watch.interrupt();
        }
    }

    /** From now on it serves that daemon until the daemon or the connection's directory is gone. */
    public void serve(ContainerDaemon connection) throws FaultException {
        HostEndpoint.Builder endpoint =
                HostEndpoint.newBuilder().setDirectory(connection.directory().toString());
        if (connection.endpoint().port() == 0) {
            endpoint.setSocket(connection.socket().toString());
        } else {
            endpoint.setPort(connection.endpoint().port())
                    .setSecret(connection.endpoint().secret());
        }
        try {
            endpoint.build().writeDelimitedTo(process.getOutputStream());
            process.getOutputStream().flush();
        } catch (IOException e) {
            throw silent(e);
        }
    }

    @Override
    public void close() {
        try {
            process.getOutputStream().close();
        } catch (IOException e) {
            process.destroy();
        }
    }

    private FaultException silent(IOException cause) {
        return new Fault(
                        Fault.Kind.INTERNAL,
                        "the helper that reads the kubeconfig ended without an answer",
                        "",
                        log.toString())
                .exception(cause);
    }
}
