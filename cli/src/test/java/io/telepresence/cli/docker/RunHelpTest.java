package io.telepresence.cli.docker;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.fault.FaultException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What we believe of docker's options, against the help of the docker command of this machine. */
final class RunHelpTest {
    private static final Pattern OPTION =
            Pattern.compile("^ {2}(?:-(\\w), | {4})(--[a-z0-9-]+)( [a-z]\\S*)?(?: {2,}.*)?$");

    /** Long name to whether it has a value; short names point to long ones. */
    private final Map<String, Boolean> run = new TreeMap<>();

    private final Map<String, String> shorts = new TreeMap<>();
    private final Map<String, Boolean> create = new TreeMap<>();

    @BeforeEach
    void readHelp() {
        try {
            read("run", run);
            read("create", create);
        } catch (FaultException e) {
            assumeTrue(false, "the options of docker run were not compared: there is no docker command here");
        }
        assertTrue(run.size() > 80, run.toString());
    }

    private void read(String command, Map<String, Boolean> into) throws FaultException {
        for (String line :
                Docker.ofThisMachine().run(command, "--help").out().lines().toList()) {
            Matcher option = OPTION.matcher(line);
            if (option.matches()) {
                into.put(option.group(2), option.group(3) != null);
                if (option.group(1) != null) {
                    shorts.put("-" + option.group(1), option.group(2));
                }
            }
        }
    }

    @Test
    void everyOptionHasAValueJustWhereDockerSaysSo() throws Exception {
        List<String> wrong = new ArrayList<>();
        for (Map.Entry<String, Boolean> each : run.entrySet()) {
            if (List.of("--ip", "--ip6").contains(each.getKey())) {
                continue;
            }
            RunArguments parsed = RunArguments.parse(List.of(each.getKey(), "net.one", "two"));
            if (each.getValue() != parsed.image().equals("two")) {
                wrong.add(each.getKey());
            }
        }
        assertEquals(List.of(), wrong);
    }

    @Test
    void everyLetterStandsForTheOptionThatDockerSays() throws Exception {
        for (Map.Entry<String, String> each : shorts.entrySet()) {
            List<String> value = run.get(each.getValue()) ? List.of("v", "img") : List.of("img");
            assertEquals(
                    RunArguments.parse(join(each.getValue(), value)),
                    RunArguments.parse(join(each.getKey(), value)),
                    each.getKey());
        }
    }

    /** The container is made by docker create, which has not all options of docker run. */
    @Test
    void dockerCreateKnowsAllThatTheContainerGets() throws Exception {
        List<String> unknown = new ArrayList<>();
        for (Map.Entry<String, Boolean> each : run.entrySet()) {
            if (!List.of("--ip", "--ip6", "--help").contains(each.getKey())) {
                List<String> value = each.getValue() ? List.of("v", "img") : List.of("img");
                RunArguments.parse(join(each.getKey(), value)).container().stream()
                        .map(word -> word.substring(0, word.indexOf('=')))
                        .filter(option -> !create.containsKey(option))
                        .forEach(unknown::add);
            }
        }
        assertEquals(List.of(), unknown);
    }

    private static List<String> join(String first, List<String> rest) {
        List<String> all = new ArrayList<>(List.of(first));
        all.addAll(rest);
        return all;
    }
}
