package io.telepresence.e2e.safety;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class FailedRequestsTest {
    private static final String RESET = "java.net.SocketException: Connection reset";

    @Test
    void theyAreToldByTimeAndInShort() {
        FailedRequests failed = FailedRequests.of(List.of(
                "a failed 2026-11-30T06:29:06.378523532Z kept: opened 2026-11-30T06:28:59Z until 2026-11-30T06:29:08.1Z: "
                        + RESET,
                "a failed 2026-11-30T06:29:05.498Z new: opened 2026-11-30T06:29:05.497Z until 2026-11-30T06:29:08.2Z: "
                        + RESET));
        assertEquals(
                "2 failed, begun 06:29:05.498Z to 06:29:06.378Z, ended 06:29:08.100Z to 06:29:08.200Z, after 1721 to 2702 ms:"
                        + " 1 kept: " + RESET + ", 1 new: " + RESET,
                failed.sum());
        assertEquals(
                "06:29:05.498Z to 06:29:08.200Z new since 06:29:05.497Z: " + RESET,
                failed.lines().getFirst());
    }

    @Test
    void noneIsNone() {
        assertTrue(FailedRequests.of(List.of()).isEmpty());
    }
}
