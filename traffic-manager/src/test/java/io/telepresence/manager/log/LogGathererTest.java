package io.telepresence.manager.log;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.manager.watch.MemoryStore;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class LogGathererTest {
    private static final LogGatherer.Wish EVERYTHING = new LogGatherer.Wish(true, "all", true);

    private static Pod pod(String namespace, String name) {
        return new PodBuilder()
                .withNewMetadata()
                .withNamespace(namespace)
                .withName(name)
                .endMetadata()
                .withNewSpec()
                .addNewContainer()
                .withName("traffic-agent")
                .endContainer()
                .endSpec()
                .build();
    }

    private static List<String> gather(LogGatherer.Permission permission) throws Exception {
        MemoryStore<Pod> pods = new MemoryStore<>();
        List<String> files = new ArrayList<>();
        try (FakeApiServer api = FakeApiServer.open()) {
            for (String path : List.of("a/pods/one", "a/pods/two", "b/pods/three")) {
                String[] parts = path.split("/");
                pods.put(pod(parts[0], parts[2]));
                api.with("/api/v1/namespaces/" + path + "/log", "log of " + parts[2]);
                api.with(
                        "/api/v1/namespaces/" + path,
                        "{\"kind\": \"Pod\", \"apiVersion\": \"v1\", \"metadata\": {\"name\": \"" + parts[2] + "\"}}");
            }
            LogGatherer gatherer = new LogGatherer(
                    api.client(),
                    pods,
                    () -> "own".getBytes(StandardCharsets.UTF_8),
                    new LogGatherer.OwnPod("ambassador", "manager"));
            gatherer.gather(EVERYTHING, permission, piece -> {
                files.add(piece.file() + (piece.error().isEmpty() ? "" : ": " + piece.error()));
                return true;
            });
        }
        return files;
    }

    @Test
    void whatMayNotBeReadIsSaidOncePerNamespaceAndTheRestIsThere() throws Exception {
        List<String> asked = new ArrayList<>();
        List<String> files = gather((namespace, yaml) -> {
            asked.add(namespace + (yaml ? " yaml" : ""));
            return namespace.equals("b") && !yaml ? "" : "no";
        });
        assertEquals(
                List.of(
                        "traffic-manager.log: no",
                        "traffic-manager.yaml: no",
                        "agents.a.log: no",
                        "agents.a.yaml: no",
                        "three.b.log",
                        "agents.b.yaml: no"),
                files);
        assertEquals(List.of("ambassador", "ambassador yaml", "a", "a yaml", "b", "b yaml"), asked);
    }

    @Test
    void whoMayReadAllGetsAll() throws Exception {
        List<String> files = gather((_, _) -> "");
        assertEquals("traffic-manager.log", files.getFirst());
        assertEquals(
                List.of("one.a.log", "one.a.yaml", "two.a.log", "two.a.yaml", "three.b.log", "three.b.yaml"),
                files.subList(files.size() - 6, files.size()));
    }
}
