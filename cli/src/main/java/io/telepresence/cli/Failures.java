package io.telepresence.cli;

import io.telepresence.fault.Fault;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.MissingParameterException;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.UnmatchedArgumentException;

/** Turns what went wrong into the one sentence and remedy that the user reads. The exit code is always 1. */
final class Failures {
    static final int EXIT_CODE = 1;

    private Failures() {}

    static String sentence(Fault fault) {
        String text = fault.toString();
        return fault.logFile().isEmpty() ? text : text + ". The log says more: " + fault.logFile();
    }

    /** What picocli refused, in our words. */
    static Fault of(ParameterException e, String label) {
        String help = "See \"" + label + " --help\"";
        if (e instanceof UnmatchedArgumentException unmatched) {
            String first = unmatched.getUnmatched().getFirst();
            if (!first.startsWith("-")) {
                return Fault.user("unexpected argument \"" + first + "\"", help);
            }
            String flag = first.contains("=") ? first.substring(0, first.indexOf('=')) : first;
            return Fault.user("unknown flag: " + flag, Suggestions.remedy(flag, flags(e), help));
        }
        if (e instanceof MissingParameterException missing) {
            return missing(missing, help);
        }
        return Fault.user(lowerFirst(e.getMessage()), help);
    }

    private static Fault missing(MissingParameterException e, String help) {
        List<ArgSpec> missing = e.getMissing();
        if (!missing.isEmpty() && missing.getFirst() instanceof OptionSpec option) {
            return Fault.user("flag needs a value: " + option.longestName(), help);
        }
        String label = missing.isEmpty() ? "an argument" : missing.getFirst().paramLabel();
        return Fault.user("missing argument " + label, help);
    }

    private static List<String> flags(ParameterException e) {
        List<String> names = new ArrayList<>();
        e.getCommandLine().getCommandSpec().options().forEach(o -> names.add(o.longestName()));
        return names;
    }

    private static String lowerFirst(String text) {
        return text.isEmpty() ? text : Character.toLowerCase(text.charAt(0)) + text.substring(1);
    }
}
