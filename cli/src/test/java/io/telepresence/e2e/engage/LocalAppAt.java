package io.telepresence.e2e.engage;

import io.telepresence.e2e.apps.LocalApp;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Shell;
import java.nio.file.Path;
import java.time.Duration;

/** A {@link LocalApp} that listens. */
public record LocalAppAt(Process process, Path log) implements AutoCloseable {
    public static LocalAppAt start(Laptop laptop, int port, String name) {
        Path log = Laptop.home().resolve(name + "-" + port + ".log");
        Process process = laptop.start(LocalApp.command(port, name, log));
        Shell.await(
                name + " listens on " + port,
                Duration.ofSeconds(60),
                () -> laptop.curl("http://127.0.0.1:" + port + "/").exitCode() == 0);
        return new LocalAppAt(process, log);
    }

    @Override
    public void close() {
        process.destroy();
    }
}
