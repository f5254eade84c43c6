package io.telepresence.layers;

import java.lang.classfile.ClassModel;
import java.lang.classfile.CodeElement;
import java.lang.classfile.CodeModel;
import java.lang.classfile.MethodModel;
import java.lang.classfile.constantpool.StringEntry;
import java.lang.classfile.instruction.ConstantInstruction.LoadConstantInstruction;
import java.lang.classfile.instruction.FieldInstruction;
import java.lang.classfile.instruction.InvokeDynamicInstruction;
import java.lang.classfile.instruction.InvokeInstruction;
import java.lang.classfile.instruction.LineNumber;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** The sentences among the constants of compiled classes. What is filled in when they are said is {@link #HOLE}. */
final class Sentences {
    static final char HOLE = '…';

    /** Words with a space between them. */
    private static final Pattern WORDS = Pattern.compile("(?s).*(?:[a-z]{2} [\\w\"<…-]|[\\w\">…:,)] [a-z]{2}).*");

    private static final Pattern THREE_LETTERS = Pattern.compile("[A-Za-z]{3}");

    /** Scripts, expressions, keys and patterns of logs: written for programs. */
    private static final Pattern CODE = Pattern.compile(
            "(?s).*(?:\\$\\(|\\(\\?|\\{\\{|#!/|#compdef|-----|%msg|\\{}|PRIVATE KEY|HTTP/1\\.1\r|\\{\n).*");

    /** Methods that write for a program, not for a reader; of both kinds the names are those of class and method. */
    private static final Set<String> FOR_PROGRAMS = Set.of(
            "CompletionCommand.<clinit>",
            "DockerFaults.<clinit>",
            "EnvSyntax.line",
            "Firewall.accept",
            "Headers$StaticNames.<clinit>",
            "LinuxRoutes.<init>",
            "LinuxRoutes.line",
            "LinuxRoutes.up",
            "PodHitch.<clinit>",
            "PodHolding.<clinit>",
            "RedirectDns.applyNft",
            "Redirects.script");

    private record Found(int line, String text) {}

    private Sentences() {}

    /** Of all main classes of the module: by package and outermost class, in the order of the source. */
    static TreeMap<String, TreeMap<String, Set<String>>> of(String module) {
        TreeMap<String, TreeMap<String, List<Found>>> all = new TreeMap<>();
        for (ClassModel model : Classes.of(module)) {
            List<Found> found = of(model);
            if (!found.isEmpty()) {
                String name = model.thisClass().asInternalName();
                all.computeIfAbsent(Classes.packageOf(name), _ -> new TreeMap<>())
                        .computeIfAbsent(outermost(name), _ -> new ArrayList<>())
                        .addAll(found);
            }
        }
        TreeMap<String, TreeMap<String, Set<String>>> texts = new TreeMap<>();
        all.forEach((room, classes) -> classes.forEach((name, found) -> {
            Set<String> ordered = new LinkedHashSet<>();
            found.stream().sorted(Comparator.comparingInt(Found::line)).forEach(one -> ordered.add(one.text()));
            texts.computeIfAbsent(room, _ -> new TreeMap<>()).put(name, ordered);
        }));
        return texts;
    }

    private static String outermost(String internalName) {
        return internalName.substring(internalName.lastIndexOf('/') + 1).split("\\$")[0];
    }

    private static List<Found> of(ClassModel model) {
        List<Found> found = new ArrayList<>();
        String name = model.thisClass().asInternalName();
        String simple = name.substring(name.lastIndexOf('/') + 1);
        for (MethodModel method : model.methods()) {
            String called = method.methodName().stringValue();
            if (!called.equals("toString") && !FOR_PROGRAMS.contains(simple + "." + called)) {
                method.code().ifPresent(code -> collect(code, found));
            }
        }
        return found;
    }

    /** What lies between a logger and its call is written to a log, and is left out. */
    private static void collect(CodeModel code, List<Found> found) {
        int line = 0;
        boolean logged = false;
        for (CodeElement element : code) {
            switch (element) {
                case LineNumber number -> line = number.line();
                case FieldInstruction field
                when field.type().stringValue().equals("Lorg/slf4j/Logger;") -> logged = true;
                case InvokeInstruction call
                when call.owner().asInternalName().startsWith("org/slf4j/") ->
                    logged = call.typeSymbol().returnType().isClassOrInterface();
                default -> {
                    Optional<String> text = logged ? Optional.empty() : text(element);
                    int at = line;
                    text.filter(Sentences::isSentence).ifPresent(said -> found.add(new Found(at, said)));
                }
            }
        }
    }

    private static boolean isSentence(String text) {
        return WORDS.matcher(text).matches()
                && THREE_LETTERS.matcher(text).find()
                && !CODE.matcher(text).matches();
    }

    /** The constant that this instruction loads or joins with others. */
    static Optional<String> text(CodeElement element) {
        return switch (element) {
            case LoadConstantInstruction load
            when load.constantEntry() instanceof StringEntry constant -> Optional.of(constant.stringValue());
            case InvokeDynamicInstruction join
            when join.name().equalsString("makeConcatWithConstants") -> Optional.of(filled(join));
            default -> Optional.empty();
        };
    }

    private static String filled(InvokeDynamicInstruction join) {
        StringBuilder text = new StringBuilder();
        int next = 1;
        for (char each : join.bootstrapArgs().getFirst().toString().toCharArray()) {
            switch (each) {
                case 1 -> text.append(HOLE);
                case 2 -> text.append(join.bootstrapArgs().get(next++));
                default -> text.append(each);
            }
        }
        return text.toString();
    }
}
