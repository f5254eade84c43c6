package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.testing.Awaits;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Which namespaces are mapped is the last connect's to say. */
@Timeout(60)
class MappedNamespacesTest {
    @TempDir
    Path directory;

    private ConnectFixture fixture;

    @BeforeEach
    void open() throws Exception {
        fixture = new ConnectFixture(directory);
    }

    @AfterEach
    void close() throws Exception {
        fixture.close();
    }

    @Test
    void anotherConnectChangesTheMappedNamespaces() throws Exception {
        fixture.manager.cluster = ClusterInfo.newBuilder()
                .addAllNamespaces(List.of("a", "b", "default"))
                .build();
        ClusterSession session = fixture.connectMapping("b", "a").session();
        assertEquals(List.of("a", "b"), fixture.root.configs.take().getDns().getNamespacesList());
        assertTrue(fixture.connectMapping("a").already());
        assertEquals(List.of("a"), session.facts().mapped().get());
        Awaits.that("the root daemon hears", () -> mapped().equals(Optional.of(List.of("a"))));
        assertTrue(fixture.connect().already());
        assertEquals(List.of("a"), session.facts().mapped().get(), "who names none changes nothing");
        assertTrue(fixture.connectMapping("all").already());
        assertEquals(List.of(), session.facts().mapped().get());
        Awaits.that("the root daemon hears", () -> mapped().equals(Optional.of(List.of("a", "b", "default"))));
        assertSame(session, fixture.connector.session());
        assertEquals(1, fixture.root.begun.get());
    }

    private Optional<List<String>> mapped() {
        return Optional.ofNullable(fixture.root.configs.poll())
                .map(c -> List.copyOf(c.getDns().getNamespacesList()));
    }

    @Test
    void theWordAllIsNoNamespaceAndCountsMoreThanTheConfiguration() throws Exception {
        fixture.config = "cluster:\n  mappedNamespaces: [a]\n";
        fixture.manager.cluster = ClusterInfo.newBuilder()
                .addAllNamespaces(List.of("a", "default"))
                .build();
        ClusterSession session = fixture.connectMapping("all").session();
        assertEquals(List.of(), session.facts().mapped().get());
        NetworkConfig network = fixture.root.configs.take();
        assertEquals(List.of("a", "default"), network.getDns().getNamespacesList());
        assertFalse(network.getDns().getNamespacesMapped());
        assertEquals(List.of(), fixture.manager.arrivals.take().getMappedNamespacesList());
    }
}
