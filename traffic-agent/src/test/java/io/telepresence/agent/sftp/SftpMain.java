package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.AppVolume;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;

/** Serves volumes on a TCP port. Arguments: the directory that has them, then their paths; {@code :ro} may follow. */
final class SftpMain {
    private SftpMain() {}

    public static void main(String[] arguments) throws Exception {
        List<AppVolume> volumes = Stream.of(arguments)
                .skip(1)
                .map(a -> new AppVolume("v", a.replace(":ro", ""), a.endsWith(":ro"), false))
                .toList();
        try (SftpFixture rig = new SftpFixture(() -> new FileTree(Path.of(arguments[0]), volumes, false))) {
            System.out.println("port " + rig.port());
            new CountDownLatch(1).await();
        }
    }
}
