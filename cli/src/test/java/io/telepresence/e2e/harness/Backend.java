package io.telepresence.e2e.harness;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The kind of cluster that the tests run on: the one of {@code scripts/cluster}, or what the system property {@code
 * e2e.backend} names (Maven profile k3s).
 */
public interface Backend {
    /**
     * Does what {@code scripts/cluster} does with these words. What this kind of cluster cannot do aborts the test: it
     * counts as skipped.
     */
    Result script(Duration limit, String... arguments);

    /** What comes before a command that runs on the laptop with that user's kubeconfig. */
    List<String> laptop(String user);

    /** The same on another laptop. */
    List<String> secondLaptop(String user);

    /** Network namespaces where daemons may run: the laptop's first, then, where there is one, the second laptop's. */
    List<Path> networks();

    static Backend chosen() {
        String name = System.getProperty("e2e.backend", OwnCluster.class.getName());
        try {
            return (Backend) Class.forName(name).getDeclaredConstructor().newInstance();
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException("there is no kind of cluster " + name, e);
        }
    }
}
