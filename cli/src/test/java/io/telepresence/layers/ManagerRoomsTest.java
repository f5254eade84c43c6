package io.telepresence.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.classfile.ClassModel;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;

/** The rooms of the traffic-manager: which other ones each knows and nothing else. */
class ManagerRoomsTest {
    private static final String MANAGER = "io/telepresence/manager";

    /** What each room knows; the wiring beside {@code ManagerMain} knows them all. */
    private static final Map<String, Set<String>> KNOWS = Map.ofEntries(
            Map.entry("auth", Set.of()),
            Map.entry("identity", Set.of("auth")),
            Map.entry("keys", Set.of()),
            Map.entry("lease", Set.of()),
            Map.entry("watch", Set.of()),
            Map.entry("cluster", Set.of("watch")),
            Map.entry("network", Set.of("cluster", "watch")),
            Map.entry("log", Set.of("cluster", "watch")),
            Map.entry("session", Set.of("cluster", "identity")),
            Map.entry("rights", Set.of("cluster", "engagement", "identity", "session")),
            Map.entry("tunnel", Set.of("identity", "session")),
            Map.entry("sidecar", Set.of("cluster")),
            Map.entry("policy", Set.of("cluster", "sidecar")),
            Map.entry("config", Set.of("cluster", "inject", "network", "policy", "rights", "sidecar")),
            Map.entry("engagement", Set.of("cluster", "session", "sidecar")),
            Map.entry("audit", Set.of("cluster", "engagement", "identity", "session")),
            Map.entry("inject", Set.of("cluster", "sidecar", "watch")),
            Map.entry("networkpolicy", Set.of("cluster", "inject")),
            Map.entry("rollout", Set.of("cluster", "sidecar")),
            Map.entry("webhook", Set.of("cluster", "inject", "keys", "rollout", "sidecar")),
            Map.entry("readiness", Set.of("cluster", "engagement", "rollout", "session")),
            Map.entry(
                    "lifecycle",
                    Set.of(
                            "cluster",
                            "engagement",
                            "identity",
                            "inject",
                            "networkpolicy",
                            "policy",
                            "readiness",
                            "rights",
                            "rollout",
                            "session",
                            "sidecar",
                            "webhook")),
            Map.entry(
                    "report",
                    Set.of(
                            "cluster",
                            "engagement",
                            "identity",
                            "policy",
                            "readiness",
                            "rights",
                            "rollout",
                            "session",
                            "sidecar")),
            Map.entry(
                    "grpc",
                    Set.of(
                            "audit",
                            "auth",
                            "cluster",
                            "config",
                            "engagement",
                            "identity",
                            "inject",
                            "lifecycle",
                            "log",
                            "network",
                            "readiness",
                            "report",
                            "rights",
                            "session",
                            "sidecar",
                            "tunnel")));

    @Test
    void aRoomKnowsOnlyTheRoomsThatAreListed() {
        Map<String, Set<String>> known = new TreeMap<>();
        for (ClassModel model : Classes.of("traffic-manager")) {
            String from = room(model.thisClass().asInternalName());
            if (!from.isEmpty()) {
                Set<String> to = known.computeIfAbsent(from, _ -> new TreeSet<>());
                Classes.mentioned(model).stream()
                        .filter(name -> name.startsWith(MANAGER + "/"))
                        .map(ManagerRoomsTest::room)
                        .filter(room -> !room.equals(from))
                        .forEach(to::add);
            }
        }
        assertEquals(new TreeMap<>(KNOWS), known);
    }

    private static String room(String internalName) {
        return Classes.packageOf(internalName).substring(MANAGER.length()).replaceFirst("^/", "");
    }
}
