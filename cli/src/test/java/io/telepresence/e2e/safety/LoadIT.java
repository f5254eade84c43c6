package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.time.Duration;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Many connections, many at once, much data: the right bytes and no leak. */
@ExtendWith(Session.class)
class LoadIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Duration LONG = Duration.ofMinutes(5);

    @BeforeAll
    static void connect() {
        LAPTOP.telepresence("connect").ok();
        LAPTOP.curl("http://echo/").ok();
    }

    @AfterAll
    static void quit() {
        LAPTOP.telepresence("quit", "-s");
    }

    @Test
    void tenThousandShortConnections() {
        Result load = LAPTOP.run(LONG, "sh", "-c", "ab -q -n 10000 -c 20 http://echo.default/");
        load.ok().says("Complete requests:      10000").says("Failed requests:        0");
        nothingOpen();
    }

    @Test
    void aThousandAtOnce() {
        Result load = LAPTOP.run(
                LONG, "sh", "-c", "ulimit -n 8192; ab -q -s 60 -n 1000 -c 1000 http://echo.default/delay/2000");
        load.ok().says("Complete requests:      1000").says("Failed requests:        0");
        nothingOpen();
    }

    @Test
    void twoGigabytesDown() {
        Result down = LAPTOP.run(
                LONG,
                "curl",
                "-sS",
                "-o",
                "/dev/null",
                "-w",
                "%{size_download}",
                "http://echo.default/bytes/2000000000");
        assertEquals("2000000000", down.ok().stdout());
        nothingOpen();
    }

    @Test
    void twoGigabytesUp() {
        Result up =
                LAPTOP.run(LONG, "sh", "-c", "head -c 2000000000 /dev/zero | curl -sS -T - http://echo.default/sink");
        up.ok().says("2000000000");
        nothingOpen();
    }

    @Test
    void bytesAreTheSame() {
        Result same = LAPTOP.run(
                LONG,
                "sh",
                "-c",
                "head -c 50000000 /dev/urandom > $HOME/random && socat -t 30 FILE:$HOME/random\\!\\!CREATE:$HOME/back TCP:tcp-echo:9001 && cmp $HOME/random $HOME/back");
        same.ok();
    }

    private static void nothingOpen() {
        // The root daemon's end of every redirected connection has an address of the device's own prefix.
        Shell.await("no connection left open", Duration.ofSeconds(20), () -> LAPTOP.run(
                        "sh", "-c", "ss -Htn state established | grep -c 100.127.")
                .stdout()
                .strip()
                .equals("0"));
        assertTrue(LAPTOP.curl("http://echo/").ok().stdout().contains("echo-"));
    }
}
