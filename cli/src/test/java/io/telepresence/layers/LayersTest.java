package io.telepresence.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.MemberRefEntry;
import java.lang.classfile.constantpool.MethodRefEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Who may import whom. */
class LayersTest {
    private static final String KUBERNETES = "the Kubernetes client is heavy and holds credentials";
    private static final String JDK_ONLY = "what all modules share knows the JDK only";
    private static final String PICOCLI = "a daemon has no command line of its own";

    /** For each module: prefix of a banned class name, and why. */
    private static final Map<String, Map<String, String>> BANNED = Map.of(
            "proto/base",
                    Map.of(
                            "io/netty/",
                            JDK_ONLY,
                            "io/grpc/",
                            JDK_ONLY,
                            "org/",
                            JDK_ONLY,
                            "ch/",
                            JDK_ONLY,
                            "com/",
                            JDK_ONLY),
            "proto/protocol",
                    Map.of(
                            "io/fabric8/",
                            KUBERNETES,
                            "picocli/",
                            PICOCLI,
                            "com/fasterxml/",
                            "the protocol is protobuf",
                            "jnr/",
                            "no native code in what every process shares"),
            "root-daemon",
                    Map.of(
                            "io/fabric8/", "privileged code never talks to Kubernetes",
                            "picocli/", PICOCLI,
                            "com/fasterxml/", "privileged code reads no JSON or YAML",
                            "org/snakeyaml/", "privileged code reads no YAML"),
            "traffic-agent", Map.of("io/fabric8/", KUBERNETES, "picocli/", PICOCLI, "jnr/", "no native code in pods"),
            "traffic-manager", Map.of("picocli/", PICOCLI, "jnr/", "no native code in pods"),
            "user-daemon", Map.of("picocli/", PICOCLI, "jnr/", "native code belongs to the root daemon"),
            "cli",
                    Map.of(
                            "io/fabric8/", "a command starts in milliseconds",
                            "io/netty/", "a command starts in milliseconds",
                            "jnr/", "native code belongs to the root daemon"));

    /** The package that belongs to each module; no other module may mention it. */
    private static final Map<String, String> OWN = Map.of(
            "root-daemon", "io/telepresence/rootd",
            "traffic-agent", "io/telepresence/agent",
            "traffic-manager", "io/telepresence/manager",
            "user-daemon", "io/telepresence/userd",
            "cli", "io/telepresence/cli");

    /** Everybody else has no way to tell it: to a log, to a list, to an agent, to another client. */
    @Test
    void whoArrivesIsToldTheIdOfItsSessionAndNobodyElseIs() {
        Set<String> tell = new TreeSet<>();
        for (ClassModel model : Classes.of("traffic-manager")) {
            model.constantPool().forEach(entry -> {
                if (entry instanceof MethodRefEntry method
                        && method.owner().asInternalName().endsWith("session/SessionRegistry$Arrival")
                        && method.name().equalsString("credential")) {
                    tell.add(model.thisClass().asInternalName());
                }
            });
        }
        assertEquals(
                Set.of(
                        "io/telepresence/manager/grpc/AgentArrivals",
                        "io/telepresence/manager/grpc/ClientSessionService"),
                tell);
    }

    /** A periodic task that fails once never runs again; {@code Loops.repeat} runs it. */
    @Test
    void noTimerOfALoopDies() {
        Set<String> repeat = new TreeSet<>();
        for (String module : OWN.keySet()) {
            repeating(module, repeat);
        }
        repeating("proto/protocol", repeat);
        assertEquals(Set.of("io/telepresence/local/Loops"), repeat);
    }

    private static void repeating(String module, Set<String> found) {
        for (ClassModel model : Classes.of(module)) {
            model.constantPool().forEach(entry -> {
                if (entry instanceof MemberRefEntry method
                        && Set.of("scheduleWithFixedDelay", "scheduleAtFixedRate")
                                .contains(method.name().stringValue())) {
                    found.add(model.thisClass().asInternalName());
                }
            });
        }
    }

    /** What comes from elsewhere reaches a terminal or a log through these, which escape what acts there. */
    @Test
    void onlyWhatEscapesPrints() {
        Set<String> print = new TreeSet<>();
        for (String module : List.of("root-daemon", "traffic-agent", "traffic-manager", "user-daemon", "cli")) {
            for (ClassModel model : Classes.of(module)) {
                String name = model.thisClass().asInternalName().replace("io/telepresence/", "");
                model.constantPool().forEach(entry -> {
                    if (entry instanceof MethodRefEntry method
                            && method.owner().asInternalName().equals("java/io/PrintStream")
                            && method.name().stringValue().startsWith("print")) {
                        print.add(name);
                    }
                });
                Classes.mentioned(model).stream()
                        .filter(c -> c.startsWith("ch/qos/logback/classic/encoder/"))
                        .forEach(c -> print.add(name + " has a log of another layout"));
            }
        }
        assertEquals(
                Set.of(
                        "agent/AgentMain", // a word of our own pod template
                        "cli/RootCommand", // the help
                        "cli/output/Output",
                        "cli/output/Progress$JsonLines",
                        "cli/output/Progress$Plain",
                        "cli/output/Tty",
                        "rootd/RootDaemonMain",
                        "userd/SftpRelayMain", // a number, and a sentence of ours
                        "userd/UserDaemonMain"),
                print);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proto/base",
                "proto/protocol",
                "root-daemon",
                "traffic-agent",
                "traffic-manager",
                "user-daemon",
                "cli"
            })
    void mentionsNothingThatIsBanned(String module) {
        List<String> found = new ArrayList<>();
        for (ClassModel model : Classes.of(module)) {
            for (String name : Classes.mentioned(model)) {
                BANNED.get(module).forEach((prefix, why) -> {
                    if (name.startsWith(prefix)) {
                        found.add(model.thisClass().asInternalName() + " mentions " + name + ": " + why);
                    }
                });
                OWN.forEach((other, prefix) -> {
                    if (!other.equals(module) && (name + "/").startsWith(prefix + "/")) {
                        found.add(model.thisClass().asInternalName() + " mentions " + name + " of " + other);
                    }
                });
            }
        }
        assertEquals(List.of(), found);
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "proto/base",
                "proto/protocol",
                "root-daemon",
                "traffic-agent",
                "traffic-manager",
                "user-daemon",
                "cli"
            })
    void packagesHaveNoCycles(String module) {
        Map<String, Set<String>> arrows = arrows(module);
        assertTrue(!arrows.isEmpty(), "no classes of " + module + ": build it first");
        Set<String> cycles = new TreeSet<>();
        arrows.keySet().forEach(start -> walk(start, start, arrows, new TreeSet<>(), cycles));
        assertEquals(Set.of(), cycles);
    }

    @Test
    void theLayersOfAModuleAreSeenAtAll() {
        assertTrue(arrows("proto/protocol").get("io/telepresence/tunnel/grpc").contains("io/telepresence/local"));
    }

    private static Map<String, Set<String>> arrows(String module) {
        List<ClassModel> classes = Classes.of(module);
        Set<String> own = new TreeSet<>();
        classes.forEach(c -> own.add(Classes.packageOf(c.thisClass().asInternalName())));
        Map<String, Set<String>> arrows = new TreeMap<>();
        for (ClassModel model : classes) {
            String from = Classes.packageOf(model.thisClass().asInternalName());
            Set<String> to = arrows.computeIfAbsent(from, key -> new TreeSet<>());
            Classes.mentioned(model).stream()
                    .map(Classes::packageOf)
                    .filter(p -> own.contains(p) && !p.equals(from))
                    .forEach(to::add);
        }
        return arrows;
    }

    private static void walk(
            String start, String at, Map<String, Set<String>> arrows, Set<String> seen, Set<String> cycles) {
        for (String next : arrows.getOrDefault(at, Set.of())) {
            if (next.equals(start)) {
                cycles.add(start + " <-> " + at);
            } else if (seen.add(next)) {
                walk(start, next, arrows, seen, cycles);
            }
        }
    }
}
