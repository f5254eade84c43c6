package io.telepresence.userd.mount;

import io.grpc.Server;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import io.telepresence.local.Loops;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.ResetReason;
import io.telepresence.tunnel.grpc.Carrier;
import io.telepresence.tunnel.grpc.TunnelServers;
import io.telepresence.tunnel.grpc.TunnelService;
import io.telepresence.tunnel.pool.TunnelClient;
import io.telepresence.userd.podaccess.PodAccessBroker;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Callable;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;

/**
 * Mounts for real: sshfs here, OpenSSH's sftp-server as the far end of the flows. Run by {@link MountTest} in a mount
 * namespace of its own; prints a line for each thing that was seen and ends with an error at the first that was not.
 */
final class MountFixture implements AutoCloseable {
    static final Path FAR_END = Path.of("/usr/lib/openssh/sftp-server");

    private static final Duration PATIENCE = Duration.ofSeconds(2);
    private final Path directory;
    private final BlockingQueue<Process> servers = new LinkedBlockingQueue<>();
    private final BlockingQueue<Flow> flows = new LinkedBlockingQueue<>();
    private final EventLoopGroup loops = Loops.create("far-end", 1);
    private final Server server;
    private final Carrier carrier;
    private final PodAccessBroker podAccess;

    private MountFixture(Path directory, String socket) throws IOException {
        this.directory = directory;
        Files.createDirectories(point());
        DomainSocketAddress address =
                new DomainSocketAddress(directory.resolve(socket).toFile());
        server = TunnelServers.builder(address, loops)
                .addService(TunnelService.bind(loops, this::accept))
                .build()
                .start();
        carrier = Carrier.open("try", address);
        podAccess = new PodAccessBroker(new TunnelClient(() -> carrier, () -> "s1"));
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        if (arguments.length > 1) {
            hold(directory);
        }
        try (MountFixture all = new MountFixture(directory, "m")) {
            all.configMapIsReadAndItsUpdateSeen();
            all.filesMoveBetweenVolumes();
            all.readOnlyRefusesWrites();
            all.aBrokenFlowIsMountedAgain();
            all.aSilentFarEndHoldsNobody();
            all.closingDoesNotWaitForASilentFarEnd();
        }
        aKilledDaemonLeavesNothing(directory);
        System.out.println("ok all");
        System.exit(0);
    }

    private void configMapIsReadAndItsUpdateSeen() throws Exception {
        try (VolumeMounter mounting = mount(false)) {
            see("mounted", () -> mounting.error().isEmpty());
            Path key =
                    point().resolve(volumes().resolve("config/key").toString().substring(1));
            see("the first value", () -> Files.readString(key).equals("one"));
            swap("..2026_2", "two");
            see("an update, before the 20 s that sshfs caches by itself", 15_000, () -> Files.readString(key)
                    .equals("two"));
            Files.writeString(key.resolveSibling("new"), "written here");
            see("what was written", () -> Files.readString(volumes().resolve("config/new"))
                    .equals("written here"));
            see("df", () -> run(20, "df", point().toString()) == 0);
        }
        see("unmounted", 10_000, () -> MountTable.type(point()).isEmpty());
        servers.clear();
        flows.clear();
    }

    /** The far end has another file system there, as two volumes are. */
    private void filesMoveBetweenVolumes() throws Exception {
        Path there = Path.of("/dev/shm/moved-" + ProcessHandle.current().pid());
        Files.writeString(volumes().resolve("to-move"), "carried");
        try (VolumeMounter mounting = mount(false)) {
            see("mounted to move", () -> mounting.error().isEmpty());
            String target = point().resolve(there.toString().substring(1)).toString();
            see(
                    "mv to another file system",
                    () -> run(20, "mv", inside("to-move").toString(), target) == 0);
            see("it is there", () -> Files.readString(there).equals("carried"));
            see("and no longer here", () -> !Files.exists(volumes().resolve("to-move")));
        } finally {
            Files.deleteIfExists(there);
        }
        servers.clear();
        flows.clear();
    }

    private void readOnlyRefusesWrites() throws Exception {
        try (VolumeMounter mounting = mount(true)) {
            see("mounted to read", () -> mounting.error().isEmpty());
            Path file = point().resolve(volumes().resolve("no").toString().substring(1));
            see(
                    "no write",
                    () -> run(20, "touch", file.toString()) != 0
                            && !Files.exists(volumes().resolve("no")));
        }
        servers.clear();
        flows.clear();
    }

    private void aBrokenFlowIsMountedAgain() throws Exception {
        try (VolumeMounter mounting = mount(false)) {
            see("mounted before the break", () -> mounting.error().isEmpty());
            flows.take().reset(ResetReason.ABORTED, "the pod is gone");
            flows.poll(10, TimeUnit.SECONDS);
            see("mounted again", 30_000, () -> mounting.error().isEmpty() && Files.exists(inside("config")));
        }
        servers.clear();
        flows.clear();
    }

    private void aSilentFarEndHoldsNobody() throws Exception {
        try (VolumeMounter mounting = mount(false)) {
            see("mounted before the silence", () -> mounting.error().isEmpty());
            run(10, "kill", "-STOP", Long.toString(servers.take().pid()));
            long begin = System.nanoTime();
            see("ls fails, and soon", () -> run(30, "ls", inside("other").toString()) > 0);
            System.out.println("ls came back after " + (System.nanoTime() - begin) / 1_000_000 + " ms");
            see("mounted again", 30_000, () -> mounting.error().isEmpty() && Files.exists(inside("config")));
        }
        servers.clear();
        flows.clear();
    }

    private void closingDoesNotWaitForASilentFarEnd() throws Exception {
        VolumeMounter mounting = mount(false);
        see("mounted before the close", () -> mounting.error().isEmpty());
        run(10, "kill", "-STOP", Long.toString(servers.take().pid()));
        Process ls = new ProcessBuilder("ls", inside("other").toString()).start();
        long begin = System.nanoTime();
        mounting.close();
        see("closed soon", () -> System.nanoTime() - begin < 15_000_000_000L);
        see("unmounted", 10_000, () -> MountTable.type(point()).isEmpty());
        see("who waited is free", () -> ls.waitFor(20, TimeUnit.SECONDS));
    }

    private static void aKilledDaemonLeavesNothing(Path directory) throws Exception {
        Process daemon = new ProcessBuilder(
                        ProcessHandle.current().info().command().orElseThrow(),
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        MountFixture.class.getName(),
                        directory.toString(),
                        "hold")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        String made;
        try (var lines = daemon.inputReader()) {
            made = lines.lines().filter(l -> l.startsWith("held ")).findFirst().orElseThrow();
        }
        Path point = Path.of(made.substring(5));
        see("held", 30_000, () -> MountTable.type(point).isPresent());
        daemon.destroyForcibly().waitFor();
        see("sshfs has gone with its daemon", 20_000, () -> MountTable.type(point)
                .isEmpty());
        see("the directory is still there, and cannot be written to", () -> PosixFilePermissions.toString(
                        Files.getPosixFilePermissions(point))
                .equals("r-x------"));
        Mounts.cleanUp(directory.resolve("journal"));
        see("the next daemon removes it", () -> !Files.exists(point));
    }

    /** The killed daemon. */
    private static void hold(Path directory) throws Exception {
        MountFixture own = new MountFixture(directory, "held");
        Mounts mounts = new Mounts(
                own.podAccess,
                new Mounts.Settings(Map.of(), directory.resolve("auto"), directory.resolve("journal"), 0));
        Mounts.Volumes volumes = mounts.prepare(io.telepresence.rpc.connector.MountRequest.getDefaultInstance(), false);
        volumes.mount(() -> "s1:echo", "echo.default");
        System.out.println("held " + volumes.directory().orElseThrow());
        System.out.flush();
        System.in.read();
    }

    private VolumeMounter mount(boolean readOnly) throws Exception {
        VolumeMounter.Spec spec = new VolumeMounter.Spec(
                () -> "s1:echo", "echo.default", new MountPoint(point(), false), readOnly, PATIENCE);
        VolumeMounter mounting = VolumeMounter.start(podAccess, Sshfs.of(System.getenv(), 0), spec);
        mounting.awaitFirst(Duration.ofSeconds(30));
        return mounting;
    }

    private Path point() {
        return directory.resolve("mnt");
    }

    private Path volumes() {
        return directory.resolve("volumes");
    }

    private Path inside(String name) {
        return point().resolve(volumes().resolve(name).toString().substring(1));
    }

    /** Changes a ConfigMap as kubelet does. */
    private void swap(String version, String value) throws IOException {
        Path config = volumes().resolve("config");
        Files.createDirectories(config.resolve(version));
        Files.writeString(config.resolve(version).resolve("key"), value);
        Path next = config.resolve("..data_tmp");
        Files.createSymbolicLink(next, Path.of(version));
        Files.move(next, config.resolve("..data"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
    }

    /** The agent: an SFTP server for each flow, which does not see the mount itself. */
    private void accept(Flow flow, Open open) {
        try {
            if (!Files.exists(volumes().resolve("config"))) {
                swap("..2026_1", "one");
                Files.createSymbolicLink(volumes().resolve("config/key"), Path.of("..data/key"));
                Files.createDirectories(volumes().resolve("other"));
            }
            Process process = new ProcessBuilder("unshare", "-m", FAR_END.toString())
                    .redirectError(ProcessBuilder.Redirect.INHERIT)
                    .start();
            SftpPipe pipe = new SftpPipe();
            flow.handler(pipe);
            flow.opened();
            pipe.start(flow, process, Duration.ofHours(1));
            pipe.ended().thenRun(process::destroyForcibly);
            servers.add(process);
            flows.add(flow);
        } catch (IOException e) {
            flow.reset(ResetReason.ABORTED, e.toString());
        }
    }

    private static int run(int seconds, String... command) throws Exception {
        Process process = new ProcessBuilder(List.of(command))
                .redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                .start();
        if (process.waitFor(seconds, TimeUnit.SECONDS)) {
            return process.exitValue();
        }
        process.destroyForcibly();
        return -1;
    }

    private static void see(String what, Callable<Boolean> check) throws Exception {
        see(what, 0, check);
    }

    private static void see(String what, long withinMillis, Callable<Boolean> check) throws Exception {
        long end = System.nanoTime() + withinMillis * 1_000_000;
        boolean seen = quietly(check, withinMillis == 0);
        while (!seen && System.nanoTime() < end) {
            LockSupport.parkNanos(20_000_000);
            seen = quietly(check, false);
        }
        if (!seen) {
            throw new AssertionError("not seen: " + what);
        }
        System.out.println("ok " + what);
    }

    private static boolean quietly(Callable<Boolean> check, boolean once) throws Exception {
        try {
            return check.call();
        } catch (IOException e) {
            if (once) {
                throw e;
            }
            return false;
        }
    }

    @Override
    public void close() {
        carrier.close();
        server.shutdownNow();
        Loops.shutdown(loops);
        servers.forEach(Process::destroyForcibly);
    }
}
