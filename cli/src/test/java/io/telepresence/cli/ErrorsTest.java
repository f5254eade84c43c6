package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What is printed when something is wrong: one sentence, what to do, on stderr, exit code 1. */
final class ErrorsTest {
    private final Typing typing = new Typing();

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            textBlock =
                    """
                    conect | telepresence: error: unknown command "conect" for "telepresence". Did you mean "connect"?
                    frobnicate | telepresence: error: unknown command "frobnicate" for "telepresence". See "telepresence --help" for the commands
                    helm instal | telepresence: error: unknown command "instal" for "telepresence helm". Did you mean "install"?
                    connect --nmae x | telepresence connect: error: unknown flag: --nmae. Did you mean "--name"?
                    connect --expose 80 | telepresence connect: error: --expose needs --docker. It applies to the daemon's container
                    connect --hostname h | telepresence connect: error: --hostname needs --docker. It applies to the daemon's container
                    curl -ik https://kubernetes.default | telepresence curl: error: telepresence curl needs a connection in a container. Run "telepresence connect --docker" first
                    docker-run img | telepresence docker-run: error: telepresence docker-run needs a connection in a container. Run "telepresence connect --docker" first
                    intercept | telepresence intercept: error: missing argument <name>. See "telepresence intercept --help"
                    intercept echo --port | telepresence intercept: error: flag needs a value: --port. See "telepresence intercept --help"
                    intercept echo sleep | telepresence intercept: error: unexpected argument "sleep". See "telepresence intercept --help"
                    status --output xml | telepresence status: error: invalid output format "xml". Use one of json, yaml, json-stream or default
                    status --progress loud | telepresence status: error: invalid progress style "loud". Use one of auto, tty, plain, json or quiet
                    loglevel loud | telepresence loglevel: error: "loud" is not a log level. Use one of ERROR, WARN, INFO, DEBUG, TRACE
                    loglevel info -l -r | telepresence loglevel: error: --local-only and --remote-only cannot be used together. Give one of them, or none
                    loglevel info -d soon | telepresence loglevel: error: invalid duration "soon". Write it like 30m, 1h30m or 90s
                    gather-logs -o logs.tar | telepresence gather-logs: error: the output file "logs.tar" must end in .zip
                    gather-logs --daemons all,cat | telepresence gather-logs: error: "cat" is not a daemon. Use a comma-separated list of all, root, user, kubeauth, None
                    gather-logs --daemons user,ALL | telepresence gather-logs: error: "ALL" is not a daemon. Use a comma-separated list of all, root, user, kubeauth, None
                    gather-logs --daemons User | telepresence gather-logs: error: "User" is not a daemon. Use a comma-separated list of all, root, user, kubeauth, None
                    helm upgrade --reset-values --reuse-values | telepresence helm upgrade: error: --reset-values and --reuse-values cannot be used together. Give one of them
                    completion tcsh | telepresence completion: error: no completion for the shell "tcsh". Use bash, zsh or fish
                    leave nothing | telepresence leave: error: Intercept named "nothing" not found
                    """)
    void oneSentence(String line, String want) {
        assertEquals(1, typing.type(line));
        assertEquals(want + "\n", typing.err());
        assertEquals("", typing.out());
    }

    @ParameterizedTest
    @ValueSource(
            strings = {"http", "0", "65536", "8080:", "8080:UPPER", "8080:0", "8080:99999", "8080:http/SCTP", "80/TCP"})
    void aPortOfTheWrongFormSaysTheRightOne(String port) {
        assertEquals(1, typing.type("intercept echo --port " + port));
        assertTrue(
                typing.err()
                        .startsWith("telepresence intercept: error: port must be of the format"
                                + " --port <local-port>[:<svcPortIdentifier>], not \"" + port + "\""),
                typing.err());
    }

    @Test
    void aFailureInAStructuredFormatIsInTheEnvelope() {
        assertEquals(1, typing.type("leave nothing --output json"));
        assertEquals("{\"cmd\":\"leave\",\"err\":\"Intercept named \\\"nothing\\\" not found\"}\n", typing.out());
        assertEquals("", typing.err());
    }

    @Test
    void leaveWithoutADaemonSaysSo() {
        typing.userRuns = false;
        assertEquals(1, typing.type("leave echo"));
        assertEquals("telepresence leave: error: not connected. Run \"telepresence connect\" first\n", typing.err());
    }

    @Test
    void suggestionsAreTheNearestFirst() {
        assertEquals(
                java.util.List.of("list", "lint"), Suggestions.near("lst", java.util.List.of("lint", "list", "quit")));
        assertEquals(3, Suggestions.distance("kitten", "sitting"));
    }
}
