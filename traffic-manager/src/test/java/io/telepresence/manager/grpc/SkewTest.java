package io.telepresence.manager.grpc;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.agree.Versions;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.VersionInfo;
import org.junit.jupiter.api.Test;

/** Peers of other levels of the protocol. */
final class SkewTest {
    private static final String HERE = "this traffic-manager " + Versions.VERSION;

    @Test
    void whoIsTooOldIsToldByName() {
        assertEquals("Client v9 is too old for " + HERE, refusal(Versions.PROTOCOL - 2));
        assertEquals(HERE + " is too old for Client v9", refusal(Versions.PROTOCOL + 2));
    }

    @Test
    void oneLevelApartIsWelcome() {
        assertDoesNotThrow(() -> ClientSessionService.checkVersion(peer(Versions.PROTOCOL - 1)));
        assertDoesNotThrow(() -> ClientSessionService.checkVersion(peer(Versions.PROTOCOL + 1)));
    }

    private static String refusal(int level) {
        return assertThrows(FaultException.class, () -> ClientSessionService.checkVersion(peer(level)))
                .fault()
                .text();
    }

    private static VersionInfo peer(int level) {
        return VersionInfo.newBuilder()
                .setName("Client")
                .setVersion("v9")
                .setProtocol(level)
                .build();
    }
}
