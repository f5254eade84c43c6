package io.telepresence.e2e.apps;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;

/** Callers in the cluster's network that send requests to the service shop, one after the other, until they are told. */
public final class Steady implements AutoCloseable {
    private final Path stop;
    private final Path out;
    private final Process process;

    private Steady(Path stop, Path out, Process process) {
        this.stop = stop;
        this.out = out;
        this.process = process;
    }

    /** @param name of this run, no two alike */
    public static Steady start(String name) throws IOException {
        Path stop = Laptop.home().resolve("stop-" + name);
        Files.deleteIfExists(stop);
        Path out = Laptop.home().resolve("steady-" + name);
        String[] caller = LocalApp.command(Caller.class, "steady", serviceUrl(), "4", stop.toString());
        return new Steady(stop, out, Shell.start(Map.of(), inCluster(caller), out, out));
    }

    /** Ends the calls; none of them may have failed. */
    @Override
    public void close() throws IOException {
        Files.createFile(stop);
        Shell.await("the calls end", Duration.ofSeconds(60), () -> !process.isAlive());
        List<String> said = Files.readAllLines(out);
        String[] total = said.getLast().split(" ");
        assertTrue(Integer.parseInt(total[0]) > 100, said.getLast());
        List<String> failures = said.subList(0, said.size() - 1);
        assertEquals(List.of(), failures);
    }

    /** By address: the callers do not use the cluster's names. */
    public static String serviceUrl() {
        String ip = Cluster.kubectl("get", "service", "shop", "-o", "jsonpath={.spec.clusterIP}")
                .ok()
                .stdout();
        return "http://" + ip + "/";
    }

    public static List<String> inCluster(String... command) {
        return Cluster.onNode(command);
    }
}
