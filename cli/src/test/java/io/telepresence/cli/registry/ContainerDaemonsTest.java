package io.telepresence.cli.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.fault.FaultException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class ContainerDaemonsTest {
    @TempDir
    private Path home;

    private ContainerDaemons connections;

    @BeforeEach
    void open() {
        connections = new ContainerDaemons(home.resolve("user"));
    }

    private ContainerDaemon made(String name) throws FaultException {
        return new ContainerDaemon(
                name,
                connections.prepare(name),
                "tp-" + name,
                "client:1",
                new ContainerDaemon.Network("tp-" + name, "172.29.255.2", "fd74::2"),
                List.of("80:80", "127.0.0.1:81:81/udp"),
                new ContainerDaemon.Endpoint(4038, "s3cret"));
    }

    private static String mode(Path file) throws Exception {
        return PosixFilePermissions.toString(Files.getPosixFilePermissions(file));
    }

    @Test
    void whatIsWrittenIsReadAgainByTheUserOnly() throws Exception {
        ContainerDaemon one = made("one");
        connections.write(one);
        assertEquals(Optional.of(one), connections.find("one"));
        assertEquals(Optional.empty(), connections.find("two"));
        assertEquals("rwx------", mode(one.directory()));
        assertEquals("rwx------", mode(one.directory().getParent()));
        assertEquals("rwx------", mode(home.resolve("user")));
        try (var files = Files.list(one.directory())) {
            List<Path> all = files.toList();
            assertEquals(1, all.size(), all.toString());
            assertEquals("rw-------", mode(all.getFirst()));
        }
        assertFalse(one.target().toString().contains("s3cret"));
    }

    @Test
    void socketsHaveShortPathsWhateverTheName() {
        String runtime = "/run/user/4294967295/telepresence";
        Path directory = new ContainerDaemons(Path.of(runtime)).directory("n".repeat(60));
        assertTrue(directory.resolve("userd.socket").toString().length() < 80, directory.toString());
        assertFalse(directory.equals(new ContainerDaemons(Path.of(runtime)).directory("m".repeat(60))));
    }

    @Test
    void onlyThoseWhoseDaemonListensAreLive() throws Exception {
        ContainerDaemon dead = made("dead");
        connections.write(dead);
        ContainerDaemon live = new ContainerDaemon(
                "live",
                connections.prepare("live"),
                "tp-live",
                "client:1",
                new ContainerDaemon.Network("tp-live", "172.29.254.2", ""),
                List.of(),
                ContainerDaemon.Endpoint.SOCKET);
        connections.write(live);
        assertEquals(List.of(dead, live), connections.all());
        try (var server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(live.socket()));
            assertTrue(ContainerDaemons.listens(live));
        }
        assertFalse(ContainerDaemons.listens(live), "the socket is still there, but nobody listens");
    }

    @Test
    void preparingEmptiesWhatAKilledDaemonLeft() throws Exception {
        ContainerDaemon one = made("one");
        connections.write(one);
        Files.createDirectories(one.directory().resolve("a/b"));
        assertEquals(one.directory(), connections.prepare("one"));
        try (var files = Files.list(one.directory())) {
            assertEquals(List.of(), files.toList());
        }
        connections.forget(one);
        assertFalse(Files.exists(one.directory()));
    }

    @Test
    void whatCannotBeReadSaysWhatToRemove() throws Exception {
        ContainerDaemon one = made("one");
        connections.write(one);
        Files.writeString(one.directory().resolve("connection.properties"), "port=many\n");
        FaultException e = assertThrows(FaultException.class, connections::all);
        assertTrue(
                e.fault().remedy().equals("Remove the directory " + one.directory()),
                e.fault().toString());
    }

    @Test
    void withoutAnyThereAreNone() throws Exception {
        assertEquals(List.of(), connections.all());
        assertEquals(List.of(), connections.live());
    }
}
