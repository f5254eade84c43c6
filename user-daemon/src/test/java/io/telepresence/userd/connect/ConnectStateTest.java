package io.telepresence.userd.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.userd.connect.ConnectState.Event;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class ConnectStateTest {
    @ParameterizedTest
    @CsvSource({
        "IDLE, CONNECT, CONNECTING",
        "IDLE, UP, IDLE",
        "IDLE, LINK_LOST, IDLE",
        "CONNECTING, UP, CONNECTED",
        "CONNECTING, FAILED, IDLE",
        "CONNECTING, DISCONNECT, IDLE",
        "CONNECTING, CONNECT, CONNECTING",
        "CONNECTED, LINK_LOST, RECONNECTING",
        "CONNECTED, FAILED, CONNECTED",
        "CONNECTED, CONNECT, CONNECTED",
        "RECONNECTING, LINK_BACK, CONNECTED",
        "RECONNECTING, DISCONNECT, IDLE",
        "RECONNECTING, QUIT, CLOSED"
    })
    void next(ConnectState now, Event event, ConnectState want) {
        assertEquals(want, ConnectState.next(now, event));
    }

    @ParameterizedTest
    @EnumSource(Event.class)
    void closedIsFinal(Event event) {
        assertEquals(ConnectState.CLOSED, ConnectState.next(ConnectState.CLOSED, event));
    }

    @Test
    void quitEndsEveryState() {
        for (ConnectState state : ConnectState.values()) {
            assertEquals(ConnectState.CLOSED, ConnectState.next(state, Event.QUIT));
        }
    }
}
