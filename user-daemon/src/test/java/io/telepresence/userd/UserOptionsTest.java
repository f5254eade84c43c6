package io.telepresence.userd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class UserOptionsTest {
    private static UserOptions parse(String line) throws FaultException {
        return UserOptions.parse(line.isEmpty() ? new String[0] : line.split(" "), Path.of("/logs"));
    }

    @Test
    void withoutArgumentsItIsOnThisMachine() throws Exception {
        UserOptions options = parse("");
        assertEquals(Path.of("/logs/connector.log"), options.logFile());
        assertFalse(options.container());
        assertEquals(0, options.endpoint().port());
    }

    @Test
    void ofAContainer() throws Exception {
        UserOptions options = parse("--container --listen 4038 --secret-file /run/s --log-file /l");
        assertTrue(options.container());
        assertEquals(new UserDaemon.Endpoint(4038, Path.of("/run/s")), options.endpoint());
        assertEquals(Path.of("/l"), options.logFile());
        assertEquals(Path.of("/l"), parse("--logfile /l").logFile());
    }

    @ParameterizedTest
    @CsvSource({
        "--listen 4038, --listen and --secret-file go together",
        "--secret-file /s, --listen and --secret-file go together",
        "--listen many --secret-file /s, '--listen takes a port, not many'",
        "--listen, --listen takes a value",
        "--frobnicate, unknown argument --frobnicate"
    })
    void oneSentence(String line, String want) {
        assertEquals(
                want,
                assertThrows(FaultException.class, () -> parse(line)).fault().text());
    }
}
