package io.telepresence.cli.invocation;

import java.util.List;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The kinds of options that commands have. Types and spellings are Telepresence's. */
public final class OptionSpecs {
    private OptionSpecs() {}

    /** {@code --name string}, the last one wins. */
    public static OptionSpec text(String description, String... names) {
        return OptionSpec.builder(names)
                .type(String.class)
                .paramLabel("string")
                .description(plain(description))
                .build();
    }

    /** {@code --name}, {@code --name=true} or {@code --name=false}. */
    public static OptionSpec flag(String description, String... names) {
        return OptionSpec.builder(names)
                .type(Boolean.class)
                .arity("0..1")
                .fallbackValue("true")
                .paramLabel("true|false")
                .description(plain(description))
                .build();
    }

    /** A spelling of older versions: works, and is not shown. */
    public static OptionSpec oldFlag(String... names) {
        return OptionSpec.builder(flag("", names)).hidden(true).build();
    }

    /** Repeatable, each value taken whole. */
    public static OptionSpec array(String description, String... names) {
        return OptionSpec.builder(names)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .paramLabel("string")
                .description(plain(description))
                .build();
    }

    /** Repeatable, each value a comma list. */
    public static OptionSpec list(String description, String... names) {
        return OptionSpec.builder(names)
                .type(List.class)
                .auxiliaryTypes(String.class)
                .arity("1")
                .splitRegex(",")
                .paramLabel("strings")
                .description(plain(description))
                .build();
    }

    /** Any number of words. */
    public static PositionalParamSpec parameters(String label, String description) {
        return PositionalParamSpec.builder()
                .index("0..*")
                .arity("0..*")
                .type(List.class)
                .auxiliaryTypes(String.class)
                .paramLabel(label)
                .description(plain(description))
                .build();
    }

    public static PositionalParamSpec parameter(String label, String description) {
        return PositionalParamSpec.builder()
                .index("0")
                .type(String.class)
                .arity("1")
                .required(true)
                .paramLabel(label)
                .description(plain(description))
                .build();
    }

    /** Help is formatted: what is no place for a value stands for itself. */
    private static String plain(String description) {
        return description.replace("%", "%%");
    }
}
