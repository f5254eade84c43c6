package io.telepresence.e2e.engage;

import io.telepresence.e2e.harness.Daemons;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/** The daemons are the laptop's. */
public record OnTheLaptop(Laptop laptop) implements Mode {
    private static final Path MOUNTS = Laptop.home().resolve("engaged-mounts");

    @Override
    public Result telepresence(String... arguments) {
        return laptop.telepresence(arguments);
    }

    @Override
    public Result asAdministrator(String... arguments) {
        return laptop.as("admin").telepresence(arguments);
    }

    @Override
    public Result connect() {
        return telepresence("connect");
    }

    @Override
    public void killDaemon() {
        Daemons.of(laptop).signal("KILL", "userd");
    }

    @Override
    public String owner() {
        return laptop.run("sh", "-c", "echo $(id -un)@$(hostname)").stdout().strip();
    }

    @Override
    public Path home() {
        return Laptop.home();
    }

    @Override
    public Process handler(String... arguments) {
        return laptop.start(Laptop.command(
                Shell.join(List.of(arguments), "--", "sleep", "300").toArray(String[]::new)));
    }

    @Override
    public LocalAppAt app(int port, String name) {
        return LocalAppAt.start(laptop, port, name);
    }

    @Override
    public Process socat(String... arguments) {
        return laptop.start(Shell.join(List.of("socat"), arguments).toArray(String[]::new));
    }

    @Override
    public Engaged engage(int port, String name, String... arguments) {
        LocalAppAt app = app(port, name);
        Result block = telepresence(
                Shell.join(List.of(arguments), "--mount", MOUNTS.toString()).toArray(String[]::new));
        if (block.exitCode() != 0) {
            app.close();
        }
        return new Here(laptop, app, block.ok().stdout());
    }

    private record Here(Laptop laptop, LocalAppAt app, String block) implements Engaged {
        @Override
        public String root() {
            return MOUNTS.toString();
        }

        @Override
        public Result sh(String script) {
            return laptop.run("sh", "-c", "ROOT=" + MOUNTS + "; " + script);
        }

        @Override
        public LocalAppAt another(int port, String name) {
            return LocalAppAt.start(laptop, port, name);
        }

        @Override
        public void assertGone() {
            Shell.await("nothing is mounted", Duration.ofSeconds(30), () -> sh("grep $ROOT /proc/self/mounts || true")
                    .ok()
                    .stdout()
                    .isEmpty());
        }

        @Override
        public void close() {
            app.close();
        }
    }
}
