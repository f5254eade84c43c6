package io.telepresence.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Starting and ending sessions and daemons, and commands that run inside. */
final class SessionsTest {
    private static final String CONNECTED = "Connected to context dev, namespace default (https://192.0.2.1:6443)\n";

    private final Typing typing = new Typing();

    @Test
    void theFirstConnectPrintsThreeLines() {
        typing.userRuns = false;
        typing.rootRuns = false;
        assertEquals(0, typing.type("connect"));
        assertEquals(
                "Launching Telepresence User Daemon\nLaunching Telepresence Root Daemon\n" + CONNECTED, typing.out());
        assertEquals("Warning: DNS does not answer\n", typing.err());
    }

    @Test
    void withDaemonsOnlyTheLastLineAndTheSecondTimeNone() {
        typing.type("connect");
        assertEquals(CONNECTED, typing.out());
        assertEquals(0, typing.type("connect"));
        assertEquals("", typing.out());
    }

    @Test
    void structuredOutputOfConnectIsOnlyWhatItWarnsOf() {
        typing.type("connect --output json");
        assertEquals("{\"cmd\":\"connect\",\"stderr\":\"Warning: DNS does not answer\\n\"}\n", typing.out());
    }

    @Test
    void progressAsJson() {
        typing.type("connect --progress json");
        List<String> lines = typing.err().lines().toList();
        assertTrue(
                lines.get(1).endsWith("\"event\":\"step\",\"message\":\"Connecting to traffic manager\"}"),
                typing.err());
        assertTrue(lines.get(2).contains("\"event\":\"done\",\"message\":\"Connected to context dev,"), typing.err());
        assertEquals("", typing.out());
    }

    @Test
    void progressOnATerminalStaysWithACheckMarkAndSeconds() {
        typing.type("connect --progress tty");
        assertTrue(typing.err().contains(" ✔ Connected to context dev, namespace default"), typing.err());
        assertTrue(typing.err().contains("s\n"), typing.err());
        assertEquals("", typing.out());
    }

    @Test
    void aCommandRunsInsideAndItsExitCodeIsPassedOn() {
        typing.childExit = 42;
        assertEquals(42, typing.type("connect -- curl -v http://echo"));
        assertEquals(List.of("[curl, -v, http://echo] {} connected=true intercepts=0"), typing.children);
        assertEquals("connected=true intercepts=0", typing.held);
        assertFalse(typing.daemon.connected);
        assertEquals("", typing.out());
        assertTrue(typing.err().startsWith(CONNECTED));
    }

    @Test
    void aSessionThatWasThereBeforeTheCommandStays() {
        typing.daemon.connected = true;
        typing.type("connect -- true");
        assertTrue(typing.daemon.connected);
    }

    @Test
    void anInterceptEndsWithItsCommandWhichSeesTheRemoteEnvironment() {
        typing.daemon.connected = true;
        typing.childExit = 3;
        assertEquals(3, typing.type("intercept echo -- npm start"));
        assertEquals(List.of("[npm, start] {GREETING=hello} connected=true intercepts=1"), typing.children);
        assertEquals(List.of(), typing.daemon.engagements);
        assertTrue(typing.daemon.connected);
    }

    @Test
    void anInterruptBetweenAnEngagementAndItsCommandEndsTheEngagement() {
        typing.daemon.connected = true;
        typing.childExit = 130;
        assertEquals(130, typing.type("intercept echo -- npm start"));
        assertEquals("connected=true intercepts=1", typing.held);
        assertEquals(List.of(), typing.daemon.engagements);
        typing.held = "";
        typing.type("intercept echo");
        assertEquals("", typing.held, "it stays, whatever comes");
    }

    @Test
    void commandsThatNeedASessionMakeOneAndWarn() {
        assertEquals(0, typing.type("list"));
        assertTrue(typing.daemon.connected);
        assertTrue(typing.err().startsWith("Warning: connecting implicitly is deprecated"), typing.err());
    }

    @Test
    void whoeverAsksWhileTheSessionReconnectsIsToldAndWaits() {
        typing.daemon.status = Samples.reconnecting();
        assertEquals(0, typing.type("list"));
        assertEquals(
                "Warning: the traffic-manager is out of reach; waiting until the session has reconnected\n",
                typing.err());
        assertTrue(typing.daemon.connected);
        typing.daemon.connected = false;
        typing.daemon.connectFault = Fault.unreachable("it is not back after 30 s", "");
        assertNotEquals(0, typing.type("list"));
        assertTrue(typing.err().contains("it is not back after 30 s"), typing.err());
        assertFalse(typing.err().contains("implicitly"), typing.err());
    }

    @Test
    void leaveIsSilentAndDetachIsTheSame() {
        typing.daemon.connected = true;
        typing.type("intercept echo");
        assertEquals(0, typing.type("leave echo"));
        assertEquals("", typing.out() + typing.err());
        typing.type("intercept echo");
        assertEquals(0, typing.type("detach echo"));
        assertEquals(List.of(), typing.daemon.engagements);
    }

    @Test
    void quitSaysWhetherThereWasASession() {
        typing.daemon.connected = true;
        typing.type("quit");
        assertEquals("Disconnected\n", typing.out());
        typing.type("quit");
        assertEquals("Not connected\n", typing.out());
        assertTrue(typing.userRuns);
        typing.userRuns = false;
        assertEquals(0, typing.type("quit"));
        assertEquals("Not connected\n", typing.out());
    }

    @Test
    void quitWithTheDaemons() {
        assertEquals(0, typing.type("quit -s"));
        assertEquals("Telepresence Daemons quitting...done\n", typing.out());
        assertEquals("quit", typing.asked());
        assertFalse(typing.userRuns);
    }

    @Test
    void quitEndsARootDaemonThatWasLeftAlone() {
        typing.userRuns = false;
        assertEquals(0, typing.type("quit --stop-daemons"));
        assertFalse(typing.rootRuns);
        assertEquals("Telepresence Daemons quitting...done\n", typing.out());
    }

    @Test
    void quitSaysThatAServiceStays() {
        typing.daemon.rootStays = true;
        String said = "Telepresence Daemons quitting...done\nThe root daemon is a system service and keeps running\n";
        assertEquals(0, typing.type("quit -s"));
        assertEquals(said, typing.out());
        typing.userRuns = false;
        typing.rootRuns = true;
        assertEquals(0, typing.type("quit -s"));
        assertEquals(said, typing.out());
    }

    @Test
    void aUserDaemonThatWasStartedInVainEndsAgain() {
        typing.rootRuns = false;
        typing.noSudo = true;
        assertEquals(1, typing.type("connect"));
        assertNotEquals("quit", typing.asked(), "it ran before");
        typing.userRuns = false;
        assertEquals(1, typing.type("connect"));
        assertEquals("quit", typing.asked());
    }

    @Test
    void aRootDaemonOfSomebodyElseIsInTheWayOfConnectOnly() {
        typing.userRuns = false;
        typing.rootOfAnother = true;
        assertEquals(0, typing.type("version"));
        assertEquals(0, typing.type("status"));
        assertTrue(typing.out().contains("Root Daemon: Not running"));
        assertEquals(0, typing.type("quit -s"));
        typing.userRuns = true;
        assertEquals(1, typing.type("connect"));
        assertEquals(
                "telepresence connect: error: the root daemon of this machine serves another user\n", typing.err());
    }
}
