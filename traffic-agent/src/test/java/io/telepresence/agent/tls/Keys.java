package io.telepresence.agent.tls;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Keys and certificates made by openssl, as users make them. */
final class Keys {
    private Keys() {}

    static boolean canBeMade() {
        try {
            return new ProcessBuilder("openssl", "version").start().waitFor() == 0;
        } catch (IOException | InterruptedException e) {
            return false;
        }
    }

    /** Puts tls.crt and tls.key of a certificate that has signed itself into the directory. */
    static Path selfSigned(Path directory, String name) throws Exception {
        Files.createDirectories(directory);
        run(
                directory,
                "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2"
                        + " -keyout tls.key -out tls.crt -subj /CN=" + name);
        return directory;
    }

    static void run(Path directory, String command) throws Exception {
        Process process = new ProcessBuilder(List.of(command.split(" ")))
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        String said = new String(process.getInputStream().readAllBytes());
        if (process.waitFor() != 0) {
            throw new IOException(command + ": " + said);
        }
    }
}
