package io.telepresence.e2e.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Daemons;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.File;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Peers that behave badly, through {@code connect}: each gets what it would get without us, and nothing leaks. */
@ExtendWith(Session.class)
class StreamsIT {
    private static final Laptop LAPTOP = new Laptop("developer");

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @Test
    void aHalfClosedConnectionStillBringsTheAnswer() {
        // The echo answers until our end of file; nc would never get there if the half-close were lost.
        Result echoed = LAPTOP.run(
                "sh",
                "-c",
                "head -c 3000000 /dev/zero | tr '\\0' x | socat -t 20 - TCP:tcp-echo.default:9001,shut-down | wc -c");
        assertEquals("3000000", echoed.ok().stdout().strip());
    }

    @Test
    void aResetArrivesAsReset() {
        LAPTOP.curl("http://echo.default/reset").failed().says("reset by peer");
    }

    @Test
    void aPeerThatNeverReadsHoldsNothingUp() {
        Process lazy = LAPTOP.start(
                "sh",
                "-c",
                "{ printf 'GET /bytes/500000000 HTTP/1.1\\r\\nHost: e\\r\\n\\r\\n'; sleep 60; } |"
                        + " socat - TCP:echo.default:80 | sleep 60");
        try {
            for (int i = 0; i < 20; i++) {
                Result other = LAPTOP.curl("http://echo.default/").ok();
                assertTrue(other.millis() < 9_000, other::describe);
            }
            assertEquals(
                    "100000000",
                    LAPTOP.curl("-o", "/dev/null", "-w", "%{size_download}", "http://echo.default/bytes/100000000")
                            .ok()
                            .stdout());
        } finally {
            lazy.descendants().forEach(ProcessHandle::destroy);
            lazy.destroy();
        }
    }

    @Test
    void threadsSocketsAndMemoryComeBack() {
        LAPTOP.run("ab", "-q", "-n", "500", "-c", "20", "http://echo.default/").ok();
        List<Integer> before = daemons();
        LAPTOP.run("ab", "-q", "-n", "5000", "-c", "200", "http://echo.default/")
                .ok();
        Shell.await("sockets and threads are as before", Duration.ofSeconds(60), () -> {
            List<Integer> now = daemons();
            return now.get(0) <= before.get(0) + 10 && now.get(1) <= before.get(1) + 15;
        });
    }

    /** File descriptors and threads of our daemons. */
    private static List<Integer> daemons() {
        int files = 0;
        int threads = 0;
        for (Daemons.Daemon daemon : Daemons.of(LAPTOP).list()) {
            files += entries("/proc/" + daemon.pid() + "/fd");
            threads += entries("/proc/" + daemon.pid() + "/task");
        }
        return List.of(files, threads);
    }

    private static int entries(String folder) {
        String[] names = new File(folder).list();
        return names == null ? 0 : names.length;
    }
}
