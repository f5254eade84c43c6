package io.telepresence.e2e.harness;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What tells one run on this machine from another. */
class ClusterEnvTest {
    @Test
    void linesAsAShellReadsThem() {
        assertEquals(
                Map.of("TEST_CLUSTER_NETNS", "tp-cluster", "TEST_NODE_NETNS", "a b", "TEST_EMPTY", ""),
                ClusterEnv.read("TEST_CLUSTER_NETNS=tp-cluster\nTEST_NODE_NETNS='a b'\nTEST_EMPTY=\n# no more\n"));
    }

    /** Also where no cluster is up: of the one that would be. */
    @Test
    void theScriptTellsWhatIsAskedFor() {
        assertEquals(
                Set.of(Path.of("/run/netns")),
                Stream.of(ClusterEnv.clusterNetwork(), ClusterEnv.laptopNetwork(), ClusterEnv.secondLaptopNetwork())
                        .map(Path::getParent)
                        .collect(Collectors.toSet()));
        assertTrue(ClusterEnv.apiServer().matches("https://[0-9.]+:6443"), ClusterEnv.apiServer());
        assertTrue(ClusterEnv.account("tp-ann").startsWith("tp-ann"));
        assertTrue(ClusterEnv.get("TEST_DOCKER_HOST").startsWith("unix://"));
    }

    @ParameterizedTest
    @CsvSource({"'',''", "1.20,-1-20", "My_Own,-my-own", "other,-other"})
    void anotherClusterHasAccountsOfItsOwn(String cluster, String suffix) {
        assertEquals(suffix, ClusterEnv.suffix(cluster));
    }

    @Test
    void ourProcessesOfWhateverBuild() {
        assertTrue(Daemons.isOurs("/a/target/dist/telepresence/runtime/bin/java -Xmx64m io.telepresence.Main"));
        assertTrue(Daemons.isOurs("/tmp/tp-level9/telepresence/runtime/bin/java"));
        assertFalse(Daemons.isOurs("/usr/lib/jvm/25/bin/java -Dx=/telepresence/runtime/bin/java"));
        assertFalse(Daemons.isOurs(""));
    }
}
