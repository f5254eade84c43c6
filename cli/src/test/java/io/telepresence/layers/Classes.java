package io.telepresence.layers;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassModel;
import java.lang.classfile.constantpool.ClassEntry;
import java.lang.classfile.constantpool.Utf8Entry;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Compiled main classes of a module, and what they mention. */
final class Classes {
    private static final Pattern TYPE = Pattern.compile("L([\\w/$]+)[;<]");

    private Classes() {}

    static Path root() {
        Path here = Path.of("").toAbsolutePath();
        while (!Files.exists(here.resolve("traffic-manager"))) {
            here = here.getParent();
        }
        return here;
    }

    /** Our own main classes of the module. */
    static List<ClassModel> of(String module) {
        return below(root().resolve(module).resolve("target/classes/io/telepresence"));
    }

    /** The module's test classes below a folder. */
    static List<ClassModel> ofTests(String module, String folder) {
        return below(root().resolve(module).resolve("target/test-classes").resolve(folder));
    }

    private static List<ClassModel> below(Path classes) {
        try (Stream<Path> files = Files.walk(classes)) {
            return files.filter(f -> f.toString().endsWith(".class"))
                    .map(Classes::parse)
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Internal names of all classes that this one mentions. */
    static Set<String> mentioned(ClassModel model) {
        Set<String> names = new HashSet<>();
        model.constantPool().forEach(entry -> {
            if (entry instanceof ClassEntry type) {
                names.add(type.asInternalName());
            } else if (entry instanceof Utf8Entry text && text.stringValue().indexOf('L') >= 0) {
                Matcher matcher = TYPE.matcher(text.stringValue());
                while (matcher.find()) {
                    names.add(matcher.group(1));
                }
            }
        });
        return names;
    }

    static String packageOf(String internalName) {
        return internalName.substring(0, Math.max(0, internalName.lastIndexOf('/')));
    }

    static List<Path> sources(String subtree) {
        try (Stream<Path> files = Files.walk(root(), 12)) {
            return files.filter(f -> f.toString().endsWith(".java"))
                    .filter(f -> f.toString().contains(subtree))
                    .filter(f -> !f.toString().contains("/target/"))
                    .toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static ClassModel parse(Path file) {
        try {
            return ClassFile.of().parse(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
