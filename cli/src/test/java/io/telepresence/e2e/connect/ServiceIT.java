package io.telepresence.e2e.connect;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.telepresence.e2e.harness.Account;
import io.telepresence.e2e.harness.ClusterEnv;
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
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The root daemon as a service: what its unit says is run by root, as systemd would, and plain users connect. */
@ExtendWith(Session.class)
class ServiceIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final Path UNIT =
            Project.binary().resolve("../../telepresence-rootd.service").normalize();
    private static final String STAYS = "The root daemon is a system service and keeps running";
    private static final List<Account> ACCOUNTS = new ArrayList<>();
    private static HostState before;
    private static boolean madeGroup;
    private static Account member;
    private static Account other;
    private static Account stranger;
    private static Process service;

    @BeforeAll
    static void install() throws IOException {
        madeGroup = LAPTOP.run("groupadd", "--system", "telepresence").exitCode() == 0;
        member = account("tp-member", "telepresence");
        other = account("tp-other", "telepresence");
        stranger = account("tp-stranger");
        before = HostState.quiet(LAPTOP);
        startService();
    }

    @AfterAll
    static void remove() throws InterruptedException {
        for (Account account : ACCOUNTS) {
            account.close();
        }
        if (madeGroup) {
            removeGroup();
        }
        service.destroy();
        assertTrue(service.waitFor(20, TimeUnit.SECONDS), "the service ends when it is told");
        assertEquals(before, HostState.quiet(LAPTOP));
    }

    /** Unless another run on this machine has members in it, which removes it then. */
    private static void removeGroup() {
        LAPTOP.run("sh", "-c", "getent group telepresence | grep -q ':$' && groupdel telepresence");
    }

    @AfterEach
    void quit() {
        member.telepresence("quit", "-s");
        other.telepresence("quit", "-s");
    }

    @Test
    void aMemberConnectsAndQuitsAndConnectsWithoutSudo() {
        Result first = member.telepresence("connect").ok();
        first.says("Launching Telepresence User Daemon").saysNot("Launching Telepresence Root Daemon");
        first.says("Connected to context");
        member.run("curl", "-sS", "-m", "20", "http://echo/").ok().says("echo-");
        member.telepresence("quit").ok().says("Disconnected");
        member.telepresence("connect").ok();
        member.run("curl", "-sS", "-m", "20", "http://echo/").ok().says("echo-");
        member.telepresence("quit", "-s").ok().says(STAYS);
        networkIsAsBefore();
        assertTrue(service.isAlive());
        member.telepresence("quit", "-s").ok().says(STAYS);
        member.telepresence("connect").ok();
        member.run("curl", "-sS", "-m", "20", "http://echo/").ok().says("echo-");
    }

    @Test
    void whoIsNotInTheGroupIsRefused() {
        Result refused = stranger.telepresence("connect").failed();
        refused.says("serves the members of the group telepresence, and you are not one of them");
        stranger.run("socat", "-u", "OPEN:/dev/null", "UNIX-CONNECT:/run/telepresence/rootd.socket")
                .failed()
                .says("Permission denied");
        assertFalse(HostState.daemons(LAPTOP).contains("userd"), "its user daemon has ended");
        stranger.telepresence("quit", "-s").ok().saysNot(STAYS);
    }

    @Test
    void oneMemberDoesNotTakeAnothersSessionAway() {
        member.telepresence("connect").ok();
        other.telepresence("connect").failed().says("another session already has this machine");
        other.telepresence("quit", "-s").ok().says(STAYS);
        member.run("curl", "-sS", "-m", "20", "http://echo/").ok().says("echo-");
    }

    @Test
    void aSessionGoesOnWhenTheServiceWasKilledAndStartedAgain() throws IOException {
        member.telepresence("connect").ok();
        service.destroyForcibly();
        Shell.await("the network is undone", SOON, () -> HostState.read(LAPTOP)
                .routes()
                .equals(before.routes()));
        startService();
        Shell.await(
                "the session goes on",
                SOON,
                () -> member.run("curl", "-sS", "-m", "3", "http://echo/").exitCode() == 0);
    }

    @Test
    void systemdFindsNoFaultInTheUnit() {
        assumeTrue(LAPTOP.run("which", "systemd-analyze").exitCode() == 0, "this machine has no systemd-analyze");
        Result verified = LAPTOP.run(opt("systemd-analyze verify " + UNIT));
        assertEquals("", verified.ok().stdout() + verified.stderr());
    }

    private static Account account(String name, String... groups) {
        ACCOUNTS.add(Account.create(ClusterEnv.account(name), groups));
        return ACCOUNTS.getLast();
    }

    private static void networkIsAsBefore() {
        HostState now = HostState.read(LAPTOP);
        assertEquals(before.addresses(), now.addresses());
        assertEquals(before.routes(), now.routes());
        assertEquals(before.rules(), now.rules());
    }

    private static void startService() throws IOException {
        String command = Files.readAllLines(UNIT).stream()
                .filter(line -> line.startsWith("ExecStart="))
                .map(line -> line.substring("ExecStart=".length()))
                .findFirst()
                .orElseThrow();
        service = LAPTOP.start(opt("exec " + command));
        Shell.await(
                "the service listens",
                SOON,
                () -> LAPTOP.run("test", "-S", "/run/telepresence/rootd.socket").exitCode() == 0);
    }

    /** The package where the unit looks for it. */
    private static String[] opt(String line) {
        Path dist = Project.binary().getParent().getParent();
        return new String[] {
            "unshare",
            "--mount",
            "sh",
            "-c",
            "mount -t tmpfs none /opt && ln -s " + dist + " /opt/telepresence && " + line
        };
    }
}
