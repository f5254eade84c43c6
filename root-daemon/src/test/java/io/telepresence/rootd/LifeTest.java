package io.telepresence.rootd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.FaultException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

class LifeTest {
    private static final long LONG = Life.ALONE.plusSeconds(1).toNanos();

    private final AtomicLong now = new AtomicLong();
    private final Life life = new Life(false, now::get);

    @Test
    void nobodyEverComes() {
        now.addAndGet(LONG);
        assertFalse(life.over().isEmpty());
    }

    @Test
    void aCallerInOrderMayComeBack() {
        life.sessionBegins();
        now.addAndGet(LONG);
        assertEquals("", life.over());
        life.sessionEnds();
        now.addAndGet(LONG);
        assertEquals("", life.over());
    }

    @Test
    void aLostCallerIsNotWaitedForLong() {
        life.sessionBegins();
        life.lostCaller();
        life.sessionEnds();
        assertEquals("", life.over());
        now.addAndGet(LONG);
        assertFalse(life.over().isEmpty());
    }

    @Test
    void aServiceStaysUntilItIsTold() {
        Life service = new Life(true, now::get);
        now.addAndGet(LONG);
        assertEquals("", service.over());
        service.quit("signal");
        assertEquals("signal", service.over());
    }

    @Test
    void options() throws FaultException {
        Options options = Options.parse(
                List.of("--owner", "1000,1001", "--log-file", "/tmp/x.log", "--service"), Map.of("SUDO_UID", "0"));
        assertEquals(new Options(List.of(1000L, 1001L), "", Path.of("/tmp/x.log"), true, false, false, false), options);
        Options sudo = Options.parse(List.of(), Map.of("SUDO_UID", "7"));
        assertEquals(
                new Options(List.of(7L), "", Path.of("/var/log/telepresence/daemon.log"), false, false, false, false),
                sudo);
        assertTrue(Options.parse(List.of("--container"), Map.of()).container());
        assertEquals(
                "dev",
                Options.parse(List.of("--service", "--group", "dev"), Map.of()).group());
        assertThrows(FaultException.class, () -> Options.parse(List.of("--owner"), Map.of()));
        assertThrows(FaultException.class, () -> Options.parse(List.of("--what"), Map.of()));
    }

    @Test
    void whoComesThroughSudoNamesNoFileAndNoOtherOwner() throws FaultException {
        Map<String, String> ann = Map.of("SUDO_UID", "1000");
        assertEquals(
                List.of(1000L), Options.parse(List.of("--owner", "1000"), ann).owners());
        for (List<String> arguments : List.of(
                List.of("--log-file", "/etc/shadow"),
                List.of("--owner", "0"),
                List.of("--owner", "1001"),
                List.of("--owner", "1000,1001"),
                List.of("/etc/shadow"))) {
            assertThrows(FaultException.class, () -> Options.parse(arguments, ann), arguments.toString());
        }
    }
}
