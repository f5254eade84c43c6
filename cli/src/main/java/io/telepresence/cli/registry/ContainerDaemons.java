package io.telepresence.cli.registry;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.io.StringReader;
import java.io.StringWriter;
import java.net.SocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import java.util.Properties;
import java.util.stream.Stream;

/**
 * The connections of {@code connect --docker} that this user has: a directory (0700) for each, with a file that describes
 * it. What is written there is true only as long as somebody listens.
 */
public final class ContainerDaemons {
    private static final String FILE = "connection.properties";

    private final Path root;

    /** @param userDirectory the user's directory for sockets */
    public ContainerDaemons(Path userDirectory) {
        this.root = userDirectory.resolve("docker");
    }

    /** Of containers that belong to no connection of these. */
    public HandlerPidFiles notes() {
        return new HandlerPidFiles(root.resolve("beside"));
    }

    /**
     * Where the files of the connection of that name lie. Short, whatever the name: a unix socket's path is limited to
     * 107 bytes.
     */
    public Path directory(String name) {
        try {
            byte[] hash = MessageDigest.getInstance("SHA-256").digest(name.getBytes(StandardCharsets.UTF_8));
            return root.resolve(HexFormat.of().formatHex(hash, 0, 6));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Makes the directory, empty. */
    public Path prepare(String name) throws FaultException {
        Path directory = directory(name);
        try {
            remove(directory);
            var closed = PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
            Files.createDirectories(root, closed);
            return Files.createDirectory(directory, closed);
        } catch (IOException e) {
            throw Fault.user("the directory " + directory + " cannot be made: " + e.getMessage(), "")
                    .exception(e);
        }
    }

    public void write(ContainerDaemon connection) throws FaultException {
        Properties all = new Properties();
        all.setProperty("name", connection.name());
        all.setProperty("container", connection.container());
        all.setProperty("image", connection.image());
        all.setProperty("network", connection.network().name());
        all.setProperty("gateway4", connection.network().gateway4());
        all.setProperty("gateway6", connection.network().gateway6());
        all.setProperty("exposed", String.join("\n", connection.exposed()));
        all.setProperty("port", Integer.toString(connection.endpoint().port()));
        all.setProperty("secret", connection.endpoint().secret());
        Path file = connection.directory().resolve(FILE);
        try {
            StringWriter text = new StringWriter();
            all.store(text, null);
            Path fresh = file.resolveSibling(FILE + ".new");
            Files.deleteIfExists(fresh);
            Files.createFile(fresh, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Files.writeString(fresh, text.toString());
            Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE);
        } catch (IOException e) {
            throw Fault.user("cannot write " + file + ": " + e.getMessage(), "").exception(e);
        }
    }

    public Optional<ContainerDaemon> find(String name) throws FaultException {
        return read(directory(name));
    }

    /** All that are described, whether somebody listens or not. */
    public List<ContainerDaemon> all() throws FaultException {
        List<ContainerDaemon> found = new ArrayList<>();
        if (!Files.isDirectory(root)) {
            return found;
        }
        try (DirectoryStream<Path> directories = Files.newDirectoryStream(root)) {
            for (Path each : directories) {
                read(each).ifPresent(found::add);
            }
        } catch (IOException e) {
            throw Fault.user("cannot read " + root + ": " + e.getMessage(), "").exception(e);
        }
        found.sort(Comparator.comparing(ContainerDaemon::name));
        return found;
    }

    /** Those whose daemon listens. */
    public List<ContainerDaemon> live() throws FaultException {
        return all().stream().filter(ContainerDaemons::listens).toList();
    }

    public static boolean listens(ContainerDaemon connection) {
        SocketAddress address = connection.target().address();
        try (SocketChannel channel = SocketChannel.open(address)) {
            return channel.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    public void forget(ContainerDaemon connection) {
        try {
            remove(connection.directory());
        } catch (IOException e) {
            // It describes a daemon that nobody finds listening: as good as gone.
            assert !listens(connection) : e;
        }
    }

    private static Optional<ContainerDaemon> read(Path directory) throws FaultException {
        Properties all = new Properties();
        Path file = directory.resolve(FILE);
        try {
            all.load(new StringReader(Files.readString(file)));
            String exposed = all.getProperty("exposed", "");
            return Optional.of(new ContainerDaemon(
                    all.getProperty("name", ""),
                    directory,
                    all.getProperty("container", ""),
                    all.getProperty("image", ""),
                    new ContainerDaemon.Network(
                            all.getProperty("network", ""),
                            all.getProperty("gateway4", ""),
                            all.getProperty("gateway6", "")),
                    exposed.isEmpty() ? List.of() : List.of(exposed.split("\n")),
                    new ContainerDaemon.Endpoint(
                            Integer.parseInt(all.getProperty("port", "0")), all.getProperty("secret", ""))));
        } catch (NoSuchFileException e) {
            return Optional.empty();
        } catch (IOException | NumberFormatException e) {
            throw Fault.user("cannot read " + file + ": " + e.getMessage(), "Remove the directory " + directory)
                    .exception(e);
        }
    }

    private static void remove(Path directory) throws IOException {
        if (!Files.exists(directory)) {
            return;
        }
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path each : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(each);
            }
        }
    }
}
