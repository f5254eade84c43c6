package io.telepresence.cli.invocation;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;

class OptionSpecsTest {
    private static final String TEXT = "100 % of %-escapes";

    /** Picocli formats descriptions, and complains at the user's terminal about those that it cannot format. */
    @Test
    void aPercentSignIsNoFormat() {
        CommandSpec spec = CommandSpec.create()
                .addOption(OptionSpecs.text(TEXT, "--a"))
                .addOption(OptionSpecs.flag(TEXT, "--b"))
                .addOption(OptionSpecs.array(TEXT, "--c"))
                .addOption(OptionSpecs.list(TEXT, "--d"))
                .addPositional(OptionSpecs.parameter("<e>", TEXT));
        ByteArrayOutputStream complaints = new ByteArrayOutputStream();
        PrintStream before = System.err;
        System.setErr(new PrintStream(complaints, true, StandardCharsets.UTF_8));
        try {
            String help = new CommandLine(spec).getUsageMessage();
            assertEquals(5, help.split("100 % of %-escapes", -1).length - 1, help);
        } finally {
            System.setErr(before);
        }
        assertTrue(complaints.toString(StandardCharsets.UTF_8).isEmpty(), complaints::toString);
    }
}
