package io.telepresence.cli.env;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.fault.FaultException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class EnvSyntaxTest {
    private static final Map<String, String> TWO = Map.of("B", "it's $x", "A", "1");
    private static final String HOSTILE = "a 'b' \"c\" $HOME `id` $(id) \\ \\n !x %PATH% & | > # \t é\nsecond\\";

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '~',
            textBlock =
                    """
                    docker     | A=1                    | B=it's $x
                    compose    | A='1'                  | B="it's \\$x"
                    sh         | A='1'                  | B='it'\\''s $x'
                    sh:export  | export A='1'           | export B='it'\\''s $x'
                    csh        | set A='1'              | set B='it'\\''s $x'
                    csh:export | setenv A '1'           | setenv B 'it'\\''s $x'
                    ps         | $Env:A='1'             | $Env:B='it''s $x'
                    ps:export  | [Environment]::SetEnvironmentVariable('A', '1', 'User') | [Environment]::SetEnvironmentVariable('B', 'it''s $x', 'User')
                    cmd        | set A=1                | set B=it's $x
                    """)
    void eachSyntaxSortedByName(String syntax, String first, String second) throws FaultException {
        assertEquals(first + "\n" + second + "\n", EnvSyntax.parse(syntax).text(TWO));
    }

    @Test
    void json() throws FaultException {
        assertEquals("{\n  \"A\": \"1\",\n  \"B\": \"it's $x\"\n}\n", EnvSyntax.JSON.text(TWO));
        assertEquals("{}\n", EnvSyntax.JSON.text(Map.of()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker", "cmd"})
    void severalLinesCannotBeSaidByAll(String syntax) throws FaultException {
        EnvSyntax parsed = EnvSyntax.parse(syntax);
        FaultException e = assertThrows(FaultException.class, () -> parsed.text(Map.of("KEY", "a\nb")));
        assertEquals(
                "the value of KEY has several lines, which the environment syntax " + syntax + " cannot express",
                e.fault().text());
    }

    @Test
    void aShellReadsBackWhatIsHostile(@TempDir Path directory) throws Exception {
        Path file = Files.writeString(directory.resolve("env"), EnvSyntax.SH_EXPORT.text(Map.of("X", HOSTILE)));
        assertEquals(HOSTILE, output("sh", "-c", ". " + file + "; printf %s \"$X\""));
    }

    @Test
    void theOthersKeepWhatIsHostileToo() throws FaultException {
        assertEquals("K='a\\b \"c\" $d'\n", EnvSyntax.COMPOSE.text(Map.of("K", "a\\b \"c\" $d")));
        assertEquals("K=\"end\\\\\"\n", EnvSyntax.COMPOSE.text(Map.of("K", "end\\")));
        assertEquals("K=\"a\\n\\t\\\"\\$\\\\\"\n", EnvSyntax.COMPOSE.text(Map.of("K", "a\n\t\"$\\")));
        assertEquals("set K='a\\!b\\\nc'\n", EnvSyntax.CSH.text(Map.of("K", "a!b\nc")));
        assertEquals("set K=^\"50%%^\" ^& ^^\n", EnvSyntax.CMD.text(Map.of("K", "\"50%\" & ^")));
    }

    @Test
    void namesThatNoShellKnowsAreLeftOut() throws FaultException {
        Map<String, String> odd = Map.of("my.var", "1", "OK", "2", "3x", "3");
        assertEquals("OK='2'\n", EnvSyntax.SH.text(odd));
        assertEquals(List.of("3x", "my.var"), EnvSyntax.SH.leftOut(odd));
        assertEquals(List.of(), EnvSyntax.DOCKER.leftOut(odd));
        assertEquals("${Env:my.var}='1'\n", EnvSyntax.PS.text(Map.of("my.var", "1")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"docker", "compose", "sh", "csh:export", "ps", "ps:export", "cmd"})
    void aNameIsNoWayToRunSomething(String syntax) throws FaultException {
        Map<String, String> odd = Map.of("a}; calc; #", "1", "b&calc", "2", "c\nD", "3", "e f", "4", "g=h", "5");
        EnvSyntax parsed = EnvSyntax.parse(syntax);
        assertEquals("", parsed.text(odd));
        assertEquals(5, parsed.leftOut(odd).size());
    }

    @Test
    void typographicQuotesDoNotEndAStringOfPowerShell() throws FaultException {
        String value = "a\u2019; calc; \u2018 \u201a \u201b '";
        String doubled = "a\u2019\u2019; calc; \u2018\u2018 \u201a\u201a \u201b\u201b ''";
        assertEquals("$Env:K='" + doubled + "'\n", EnvSyntax.PS.text(Map.of("K", value)));
    }

    @ParameterizedTest
    @ValueSource(strings = {"bash", "docker:export", "json:export", "SH", ""})
    void unknownOnes(String text) {
        assertThrows(FaultException.class, () -> EnvSyntax.parse(text));
    }

    private static String output(String... command) throws Exception {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    }

    @Test
    void aFileAmongTheVariablesIsLeftOutWhereItCannotBeSaid() throws FaultException {
        Map<String, String> some = Map.of("settings.txt", "a=1\nb=2\n", "log-level", "debug");
        assertEquals("log-level=debug\n", EnvSyntax.DOCKER.text(some));
        assertEquals(List.of("settings.txt"), EnvSyntax.DOCKER.leftOut(some));
        assertEquals(List.of(), EnvSyntax.COMPOSE.leftOut(some));
    }
}
