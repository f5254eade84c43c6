package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.cli.daemon.ContainerDaemon;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.fault.FaultException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Which daemon a command is about. */
final class SelectedDaemonTest {
    private final Typing typing = new Typing();

    private void run(boolean host, String... names) {
        typing.userRuns = host;
        typing.connections =
                List.of(names).stream().map(SelectedDaemonTest::connection).toList();
        for (ContainerDaemon each : typing.connections) {
            typing.in(each);
        }
    }

    private static ContainerDaemon connection(String name) {
        var network = new ContainerDaemon.Network("tp-" + name, "172.29.255.2", "");
        return new ContainerDaemon(
                name,
                Path.of("/nowhere"),
                "tp-" + name,
                "client:1",
                network,
                List.of(),
                ContainerDaemon.Endpoint.SOCKET);
    }

    private String chosen(String use) throws FaultException {
        var found = typing.chosen(use);
        return found.isPresent() ? found.get().name() : "nobody";
    }

    @Test
    void theOnlyOneNeedsNoWord() throws Exception {
        run(false);
        assertEquals("nobody", chosen(""));
        run(true);
        assertEquals("host", chosen(""));
        run(false, "dev");
        assertEquals("dev", chosen(""));
    }

    @Test
    void ofSeveralTheOneThatIsConnected() throws Exception {
        run(true, "dev", "prod");
        assertEquals("host", chosen(""), "none is connected: this machine's");
        typing.inContainers.get("prod").connected = true;
        assertEquals("prod", chosen(""));
        typing.daemon.connected = true;
        FaultException e = assertThrows(FaultException.class, () -> chosen(""));
        assertEquals("multiple daemons are running (dev, prod)", e.fault().text());
        assertTrue(e.fault().remedy().contains("--use"));
    }

    @ParameterizedTest
    @CsvSource({"dev, dev", "^d, dev", "prod, prod", "o.2, prod2", "host, host"})
    void useNamesOneByAnExpressionOrWhole(String use, String want) throws Exception {
        run(true, "dev", "prod", "prod2");
        assertEquals(want, chosen(use));
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    staging | no connection matches --use "staging". "telepresence status" lists them
                    pro     | several connections match --use "pro": prod, prod2. Please select one using the --use <match> flag
                    (       | --use "(" is not a regular expression: Unclosed group
                    """)
    void whatFitsNoneOrSeveralIsOneSentence(String use, String want) {
        run(false, "dev", "prod", "prod2");
        assertEquals(
                want,
                assertThrows(FaultException.class, () -> chosen(use)).fault().toString());
    }

    @Test
    void aChosenOneKnowsWhereItRuns() throws Exception {
        run(false, "dev");
        SelectedDaemon chosen = typing.chosen("dev").orElseThrow();
        assertEquals("tp-dev", chosen.container().orElseThrow().container());
        assertEquals(typing.inContainers.get("dev"), chosen.daemon());
    }
}
