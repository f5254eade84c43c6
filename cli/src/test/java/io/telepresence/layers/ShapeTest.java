package io.telepresence.layers;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.classfile.Attributes;
import java.lang.classfile.ClassModel;
import java.lang.classfile.MethodModel;
import java.lang.reflect.AccessFlag;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/** How far files, methods and packages may grow, that each package says what it is for, and each name means one class. */
class ShapeTest {
    private static final int FILE_LINES = 400;
    private static final int METHOD_LINES = 60;
    private static final int PACKAGE_FILES = 22;
    private static final int MESSAGE_PERCENT = 15;
    private static final int FIELDS = 7;
    private static final int CLASSES_OF_MANY_FIELDS = 22;
    /** Most of them follow one connection through its states. */
    private static final Set<String> MANY_FIELDS = new TreeSet<>(Set.of(
            "Agent",
            "AppConversation",
            "Carriers$Slot",
            "ConnectorService",
            "CreateEngagement",
            "EngagementReconciler",
            "FlowChannel",
            "Http1Connection",
            "Http1Exchange",
            "Http2Connection",
            "Http2Exchange",
            "Manager",
            "ManagerClient",
            "ManagerSession",
            "MirrorLane",
            "MirrorQueue",
            "RawProxy",
            "RunArguments$Reader",
            "SessionDns",
            "StreamMirrorWriter",
            "UpstreamConnection",
            "UpstreamHttp2Connection"));

    private static final List<String> MODULES = List.of(
            "proto/base", "proto/protocol", "root-daemon", "traffic-agent", "traffic-manager", "user-daemon", "cli");

    /** A reader of a name knows which class is meant, in whichever module. */
    @Test
    void noTwoClassesHaveOneName() {
        Map<String, Set<String>> places = new TreeMap<>();
        for (Path file : Classes.sources("/src/main/java/")) {
            String name = file.getFileName().toString();
            if (!name.equals("package-info.java")) {
                places.computeIfAbsent(name, _ -> new TreeSet<>())
                        .add(Classes.root().relativize(file.getParent()).toString());
            }
        }
        places.values().removeIf(at -> at.size() == 1);
        assertEquals(Map.of(), places);
    }

    /** Messages are for the edges: elsewhere a change of the protocol would be a change of everything. */
    @Test
    void fewFilesKnowMessages() throws IOException {
        List<Path> files = Classes.sources("/src/main/java/").stream()
                .filter(file -> !file.endsWith("package-info.java"))
                .toList();
        List<Path> know = new ArrayList<>();
        for (Path file : files) {
            if (Files.readString(file).contains("\nimport io.telepresence.rpc.")) {
                know.add(Classes.root().relativize(file));
            }
        }
        double share = 100.0 * know.size() / files.size();
        assertTrue(share <= MESSAGE_PERCENT, share + " % of all files import messages: " + know);
    }

    @Test
    void aPackageIsSeenAtAGlance() {
        Map<String, Long> large = Classes.sources("/src/main/java/").stream()
                .filter(file -> !file.endsWith("package-info.java"))
                .collect(Collectors.groupingBy(
                        file -> Classes.root().relativize(file.getParent()).toString(),
                        TreeMap::new,
                        Collectors.counting()));
        large.values().removeIf(count -> count <= PACKAGE_FILES);
        assertEquals(Map.of(), large);
    }

    @Test
    void filesStayShort() throws IOException {
        List<String> tooLong = new ArrayList<>();
        for (Path file : Classes.sources("/src/")) {
            long lines = Files.readString(file).lines().count();
            if (lines > FILE_LINES) {
                tooLong.add(file.getFileName() + " has " + lines + " lines");
            }
        }
        assertEquals(List.of(), tooLong);
    }

    @Test
    void methodsStayShort() {
        List<String> tooLong = new ArrayList<>();
        for (String module : MODULES) {
            for (ClassModel model : Classes.of(module)) {
                for (MethodModel method : model.methods()) {
                    int lines = lines(method);
                    if (lines > METHOD_LINES && !method.methodName().equalsString("<clinit>")) {
                        tooLong.add(model.thisClass().asInternalName() + "."
                                + method.methodName().stringValue() + " has " + lines + " lines");
                    }
                }
            }
        }
        assertEquals(List.of(), tooLong);
    }

    /** The list is whole and short: a class that gets this many fields is divided, or has a reason to be in it. */
    @Test
    void fewClassesHaveManyFields() {
        Set<String> many = new TreeSet<>();
        for (String module : MODULES) {
            for (ClassModel model : Classes.of(module)) {
                String name = model.thisClass().asInternalName();
                if (name.startsWith("io/telepresence/") && fields(model) > FIELDS) {
                    many.add(name.substring(name.lastIndexOf('/') + 1));
                }
            }
        }
        assertEquals(MANY_FIELDS, many);
        assertTrue(
                many.size() <= CLASSES_OF_MANY_FIELDS, many.size() + " classes have more than " + FIELDS + " fields");
    }

    /** Of an instance; records are data, and may have more. */
    private static long fields(ClassModel model) {
        boolean record = model.superclass()
                .map(s -> s.asInternalName().equals("java/lang/Record"))
                .orElse(false);
        return record || model.flags().has(AccessFlag.ENUM)
                ? 0
                : model.fields().stream()
                        .filter(f ->
                                !f.flags().has(AccessFlag.STATIC) && !f.flags().has(AccessFlag.SYNTHETIC))
                        .count();
    }

    @Test
    void everyPackageSaysWhatItIsFor() {
        TreeSet<String> silent = new TreeSet<>();
        for (Path file : Classes.sources("/src/main/java/")) {
            if (!Files.exists(file.resolveSibling("package-info.java"))) {
                silent.add(Classes.root().relativize(file.getParent()).toString());
            }
        }
        assertEquals(new TreeSet<String>(), silent);
    }

    @Test
    void testsDoNotSleep() throws IOException {
        List<String> sleeping = new ArrayList<>();
        for (Path file : Classes.sources("/src/test/java/")) {
            String text = Files.readString(file);
            if (!file.endsWith("ShapeTest.java") && (text.contains(".sleep(") || text.contains("@Disabled"))) {
                sleeping.add(file.getFileName().toString());
            }
        }
        assertEquals(List.of(), sleeping);
    }

    /** Whoever must know what a kind of engagement does asks it: a comparison would not be found when one is added. */
    @Test
    void kindsOfEngagementAreNotCompared() throws IOException {
        Pattern comparison =
                Pattern.compile("[=!]=\\s*EngagementKind\\.|[=!]=\\s*(INTERCEPT|REPLACE|WIRETAP|INGEST)\\b");
        List<String> comparing = new ArrayList<>();
        for (Path file : Classes.sources("/src/main/java/")) {
            if (!file.endsWith("EngagementKind.java")
                    && comparison.matcher(Files.readString(file)).find()) {
                comparing.add(file.getFileName().toString());
            }
        }
        assertEquals(List.of(), comparing);
    }

    private static int lines(MethodModel method) {
        return method.findAttribute(Attributes.code())
                .flatMap(code -> code.findAttribute(Attributes.lineNumberTable()))
                .map(table -> {
                    var numbers = table.lineNumbers().stream()
                            .mapToInt(l -> l.lineNumber())
                            .summaryStatistics();
                    return numbers.getMax() - numbers.getMin() + 1;
                })
                .orElse(0);
    }
}
