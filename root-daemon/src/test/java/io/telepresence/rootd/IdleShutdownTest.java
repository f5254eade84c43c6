package io.telepresence.rootd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import io.telepresence.testing.FakeTime;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class IdleShutdownTest {
    private static final Duration LONG = IdleShutdown.ALONE.plusSeconds(1);

    private final FakeTime time = new FakeTime();
    private final IdleShutdown life = new IdleShutdown(false, time);

    @Test
    void nobodyEverComes() {
        time.advance(LONG);
        assertFalse(life.over().isEmpty());
    }

    @Test
    void aCallerInOrderMayComeBack() {
        life.sessionBegins();
        time.advance(LONG);
        assertEquals("", life.over());
        life.sessionEnds();
        time.advance(LONG);
        assertEquals("", life.over());
    }

    @Test
    void aLostCallerIsNotWaitedForLong() {
        life.sessionBegins();
        life.lostCaller();
        life.sessionEnds();
        assertEquals("", life.over());
        time.advance(LONG);
        assertFalse(life.over().isEmpty());
    }

    @Test
    void aServiceStaysUntilItIsTold() {
        IdleShutdown service = new IdleShutdown(true, time);
        time.advance(LONG);
        assertEquals("", service.over());
        service.quit("signal");
        assertEquals("signal", service.over());
    }

    @Test
    void options() throws FaultException {
        RootOptions options = RootOptions.parse(
                List.of("--owner", "1000,1001", "--log-file", "/tmp/x.log", "--service"), Map.of("SUDO_UID", "0"));
        assertEquals(
                new RootOptions(List.of(1000L, 1001L), "", Path.of("/tmp/x.log"), true, false, false, false), options);
        assertEquals(
                Path.of("/tmp/y.log"),
                RootOptions.parse(List.of("--logfile", "/tmp/y.log"), Map.of()).logFile());
        RootOptions sudo = RootOptions.parse(List.of(), Map.of("SUDO_UID", "7"));
        assertEquals(
                new RootOptions(
                        List.of(7L), "", Path.of("/var/log/telepresence/daemon.log"), false, false, false, false),
                sudo);
        assertTrue(RootOptions.parse(List.of("--container"), Map.of()).container());
        assertEquals(
                "dev",
                RootOptions.parse(List.of("--service", "--group", "dev"), Map.of())
                        .group());
        assertThrows(FaultException.class, () -> RootOptions.parse(List.of("--owner"), Map.of()));
        assertThrows(FaultException.class, () -> RootOptions.parse(List.of("--what"), Map.of()));
    }

    @Test
    void whoComesThroughSudoNamesNoFileAndNoOtherOwner() throws FaultException {
        Map<String, String> ann = Map.of("SUDO_UID", "1000");
        assertEquals(
                List.of(1000L),
                RootOptions.parse(List.of("--owner", "1000"), ann).owners());
        for (List<String> arguments : List.of(
                List.of("--log-file", "/etc/shadow"),
                List.of("--logfile", "/etc/shadow"),
                List.of("--owner", "0"),
                List.of("--owner", "1001"),
                List.of("--owner", "1000,1001"),
                List.of("/etc/shadow"))) {
            assertThrows(FaultException.class, () -> RootOptions.parse(arguments, ann), arguments.toString());
        }
    }
}
