package io.telepresence.agent.sftp;

import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(120)
class SshfsTest {
    @TempDir
    Path directory;

    /** The mount does not show outside: a namespace of its own, which goes with the process. The heap is an agent's. */
    @Test
    void sshfsMountsTheVolumes() throws Exception {
        String missing = missing();
        if (!missing.isEmpty()) {
            System.out.println("sshfs is not tried: " + missing);
        }
        assumeTrue(missing.isEmpty(), missing);
        File output = directory.resolve("output").toFile();
        ProcessBuilder builder = new ProcessBuilder(
                        "unshare",
                        "-m",
                        ProcessHandle.current().info().command().orElseThrow(),
                        "-XX:+UseSerialGC",
                        "-Xmx64m",
                        "-XX:MaxDirectMemorySize=128m",
                        "--enable-native-access=ALL-UNNAMED",
                        "--sun-misc-unsafe-memory-access=allow",
                        "-cp",
                        System.getProperty("java.class.path"),
                        SshfsFixture.class.getName(),
                        directory.toRealPath().toString(),
                        Integer.toString(Integer.getInteger("sshfs.mebibytes", 20)))
                .redirectErrorStream(true)
                .redirectOutput(output);
        builder.environment().put("LC_ALL", "C.UTF-8");
        Process process = builder.start();
        boolean done = process.waitFor(100, TimeUnit.SECONDS);
        process.destroyForcibly();
        String said = Files.readString(output.toPath());
        System.out.print(said);
        assertTrue(done && process.exitValue() == 0 && said.contains("ok all"), said);
    }

    /** Why it cannot be tried here; empty if it can. */
    private static String missing() throws InterruptedException {
        if (!Files.isWritable(Path.of("/dev/fuse"))) {
            return "no /dev/fuse that may be used";
        }
        if (!runs("sshfs", "--version") || !runs("fusermount3", "--version")) {
            return "sshfs or fusermount3 is not installed";
        }
        return runs("unshare", "-m", "true") ? "" : "no mount namespace may be made";
    }

    private static boolean runs(String... command) throws InterruptedException {
        try {
            return new ProcessBuilder(command)
                            .redirectErrorStream(true)
                            .redirectOutput(ProcessBuilder.Redirect.DISCARD)
                            .start()
                            .waitFor()
                    == 0;
        } catch (IOException e) {
            return false;
        }
    }
}
