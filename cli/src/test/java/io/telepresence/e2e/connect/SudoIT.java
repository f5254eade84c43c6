package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.e2e.harness.Account;
import io.telepresence.e2e.harness.ClusterEnv;
import io.telepresence.e2e.harness.Daemons;
import io.telepresence.e2e.harness.HostState;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Project;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** A plain user connects: the root daemon is started by the machine's own sudo. */
@ExtendWith(Session.class)
class SudoIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final String FIRST_TWO = "Launching Telepresence User Daemon\nLaunching Telepresence Root Daemon\n";
    private static final String REFUSED =
            "telepresence connect: error: the root daemon was not started: sudo gave no root rights ";

    /** As docs/security.md has it. */
    private static final String RULE = "ALL=(root) NOPASSWD: " + Project.binary() + " rootd --detach";

    private static Account ann;
    private static HostState before;

    @BeforeAll
    static void create() {
        assumeTrue(LAPTOP.run("which", "sudo").exitCode() == 0, "this machine has no sudo; scripts/test installs it");
        ann = Account.create(ClusterEnv.account("tp-ann"));
        ann.password("right-word");
        before = HostState.quiet(LAPTOP);
    }

    @AfterAll
    static void remove() {
        if (ann != null) {
            ann.close();
        }
    }

    @AfterEach
    void nothingIsLeft() {
        ann.telepresence("quit", "-s");
        Shell.await("host as before", Duration.ofSeconds(20), () -> HostState.read(LAPTOP)
                .equals(before));
    }

    @Test
    void withoutAPassword() throws IOException {
        ann.mayUseSudo(RULE);
        Result first = ann.telepresence("connect").ok();
        assertTrue(
                first.stdout().matches(FIRST_TWO + "Connected to context .*, namespace default \\(https://.*\\)\n"),
                first::describe);
        assertEquals("", first.stderr());
        assertEquals(1, ann.sudoCalls());
        ann.run("curl", "-sS", "-m", "20", "http://echo/").ok().says("echo-");
        ann.telepresence("quit").ok().says("Disconnected");
        ann.telepresence("connect").ok().saysNot("Launching");
        assertEquals(1, ann.sudoCalls());
        ann.telepresence("quit", "-s").ok();
        Shell.await("both daemons have ended", Duration.ofSeconds(30), () -> HostState.daemons(LAPTOP)
                .isEmpty());
    }

    @Test
    void aKilledRootDaemonIsStartedAgain() throws IOException {
        ann.mayUseSudo(RULE);
        ann.telepresence("connect").ok();
        Daemons.of(LAPTOP).signal("KILL", "rootd");
        Shell.await(
                "the session goes on",
                Duration.ofSeconds(30),
                () -> ann.run("curl", "-sS", "-m", "3", "http://echo/").exitCode() == 0);
        assertEquals(2, ann.sudoCalls());
    }

    @Test
    void theRuleAllowsNothingElse() throws IOException {
        ann.mayUseSudo(RULE);
        String binary = Project.binary().toString();
        for (List<String> arguments : List.of(
                List.of("rootd", "--detach", "/etc/tp-evil"),
                List.of("rootd", "--detach", "--log-file", "/etc/tp-evil"),
                List.of("rootd", "--detach", "--owner", "0"),
                List.of("userd", "--detach", "/etc/tp-evil"),
                List.of("connect"))) {
            ann.run(Shell.join(List.of("sudo", "-n", "--", binary), arguments.toArray(String[]::new))
                            .toArray(String[]::new))
                    .failed();
        }
        ann.run("sudo", "-n", "TELEPRESENCE_ROOTD_JAVA_OPTS=-version", "--", binary, "rootd", "--detach")
                .failed();
        assertFalse(Files.exists(Path.of("/etc/tp-evil")));
        assertEquals("", HostState.daemons(LAPTOP));
    }

    /** The rule that the documentation warns of: root is still given no file by its words. */
    @Test
    void aRuleThatAllowsAllArgumentsOfTheRootDaemonOpensNoFile() throws IOException {
        ann.mayUseSudo("ALL=(root) NOPASSWD: " + Project.binary() + " rootd *");
        String binary = Project.binary().toString();
        for (List<String> arguments : List.of(
                List.of("--detach", "/etc/tp-evil", "text of ann's"),
                List.of("--detach", "--log-file", "/etc/tp-evil"),
                List.of("--log-file", "/etc/tp-evil"),
                List.of("--detach", "--owner", "0"))) {
            ann.run(Shell.join(List.of("sudo", "-n", "--", binary, "rootd"), arguments.toArray(String[]::new))
                    .toArray(String[]::new));
            Shell.await("no daemon stays", Duration.ofSeconds(30), () -> HostState.daemons(LAPTOP)
                    .isEmpty());
        }
        assertFalse(Files.exists(Path.of("/etc/tp-evil")));
    }

    @Test
    void aPasswordCannotBeAskedForWithoutATerminal() throws IOException {
        ann.mayUseSudo("ALL=(root) ALL");
        Result refused = ann.telepresence("connect").failed();
        assertEquals(FIRST_TWO, refused.stdout());
        assertEquals(1, refused.stderr().lines().count(), refused::describe);
        assertTrue(refused.stderr().startsWith(REFUSED + "(a password is required). Run "), refused::describe);
        Shell.await("no daemon stays", Duration.ofSeconds(30), () -> HostState.daemons(LAPTOP)
                .isEmpty());
    }

    @Test
    void thePasswordIsAskedForOnce() throws IOException {
        ann.mayUseSudo("ALL=(root) ALL");
        Result connected = ann.atTerminal(List.of("right-word"), "connect").ok();
        connected.says("Connected to context");
        assertEquals(2, connected.stdout().split("assword for", -1).length, connected::describe);
        assertEquals(1, ann.sudoCalls());
        ann.run("curl", "-sS", "-m", "20", "http://echo/").ok().says("echo-");
    }

    @Test
    void aWrongPasswordIsNoWayIn() throws IOException {
        ann.mayUseSudo("ALL=(root) ALL");
        Result refused = ann.atTerminal(List.of("a", "b", "c"), "connect").failed();
        refused.says(REFUSED + "(3 incorrect password attempts)");
        Shell.await("no daemon stays", Duration.ofSeconds(30), () -> HostState.daemons(LAPTOP)
                .isEmpty());
    }
}
