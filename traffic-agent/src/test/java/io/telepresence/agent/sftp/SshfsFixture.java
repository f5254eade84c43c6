package io.telepresence.agent.sftp;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;

/**
 * The file server with a real sshfs in front. Run by {@link SshfsTest} in a mount namespace of its own; prints a line for
 * each thing that was seen and ends with an error at the first that was not. Arguments: a directory, MiB to copy.
 */
final class SshfsFixture {
    private static final int CHUNK = 1 << 20;

    private final Path mount;
    private final Volumes volumes;

    private SshfsFixture(Path mount, Volumes volumes) {
        this.mount = mount;
        this.volumes = volumes;
    }

    public static void main(String[] arguments) throws Exception {
        Path directory = Path.of(arguments[0]);
        Path mount = Files.createDirectory(directory.resolve("mnt"));
        Volumes volumes = new Volumes(directory);
        try (SftpFixture rig = new SftpFixture(() -> volumes.tree(false))) {
            Process sshfs = new ProcessBuilder(
                            "sshfs",
                            "-f",
                            "-F",
                            "none",
                            "-o",
                            "directport=" + rig.port(),
                            "-o",
                            "follow_symlinks,dcache_timeout=1,entry_timeout=1,attr_timeout=1,negative_timeout=0",
                            "127.0.0.1:/",
                            mount.toString())
                    .inheritIO()
                    .start();
            try {
                SshfsFixture all = new SshfsFixture(mount, volumes);
                all.smallThings();
                all.configMap();
                all.randomAccess();
                all.speed(Integer.parseInt(arguments[1]));
            } finally {
                sshfs.destroy();
                sshfs.waitFor(10, TimeUnit.SECONDS);
            }
        }
        System.out.println("ok all");
        System.exit(0);
    }

    private void smallThings() throws Exception {
        Path data = mount.resolve("data");
        see("mounted", 10_000, () -> Files.readString(data.resolve("file")).equals("content"));
        see("ls", () -> Files.isRegularFile(data.resolve("sub/inner")) && Files.notExists(data.resolve("own")));
        see("a mounted file", () -> Files.readString(mount.resolve("etc/one.conf"))
                .equals("one"));
        Files.writeString(data.resolve("straße"), "new");
        see("a new file, and its name", () -> Files.readString(volumes.data.resolve("straße"))
                .equals("new"));
        Files.move(data.resolve("straße"), data.resolve("sub/renamed"));
        see("mv", () -> Files.exists(volumes.data.resolve("sub/renamed")));
        Files.delete(data.resolve("sub/renamed"));
        see("rm", () -> Files.notExists(volumes.data.resolve("sub/renamed")));
        Files.createDirectory(data.resolve("dir"));
        see("mkdir", () -> Files.isDirectory(volumes.data.resolve("dir")));
        see(
                "df",
                () -> data.toFile().getTotalSpace() / CHUNK
                        == volumes.data.toFile().getTotalSpace() / CHUNK);
        Files.createSymbolicLink(volumes.data.resolve("out"), volumes.root.resolve("other/secret/password"));
        see("a link that leads out is not followed", () -> !Files.isReadable(data.resolve("out")));
    }

    private void configMap() throws Exception {
        Path key = mount.resolve("etc/config/key");
        see("a ConfigMap", () -> Files.readString(key).equals("first"));
        see("that is read-only", () -> {
            try {
                Files.writeString(key, "mine");
                return false;
            } catch (IOException e) {
                return true;
            }
        });
        volumes.config("..2026_2", "second");
        see("its update", 3_000, () -> Files.readString(key).equals("second"));
    }

    /** The same random operations on a mounted file and on one beside it. */
    private void randomAccess() throws Exception {
        Random random = new Random(7);
        Path shadow = volumes.root.resolve("shadow");
        try (RandomAccessFile one =
                        new RandomAccessFile(mount.resolve("data/random").toFile(), "rw");
                RandomAccessFile other = new RandomAccessFile(shadow.toFile(), "rw")) {
            for (int i = 0; i < 400; i++) {
                long at = random.nextInt(1 << 18);
                byte[] bytes = new byte[random.nextInt(1 << 15)];
                switch (random.nextInt(4)) {
                    case 0 -> {
                        long size = random.nextInt(1 << 18);
                        one.setLength(size);
                        other.setLength(size);
                    }
                    case 1 -> {
                        byte[] same = new byte[bytes.length];
                        one.seek(at);
                        other.seek(at);
                        if (one.read(bytes) != other.read(same) || !Arrays.equals(bytes, same)) {
                            throw new AssertionError("other content at " + at + " in step " + i);
                        }
                    }
                    default -> {
                        random.nextBytes(bytes);
                        one.seek(at);
                        one.write(bytes);
                        other.seek(at);
                        other.write(bytes);
                    }
                }
            }
        }
        see("random access", () -> Files.mismatch(volumes.data.resolve("random"), shadow) < 0);
    }

    private void speed(int mebibytes) throws Exception {
        byte[] chunk = new byte[CHUNK];
        new Random(3).nextBytes(chunk);
        Path far = mount.resolve("data/large");
        long begin = System.nanoTime();
        try (FileChannel to = FileChannel.open(far, StandardOpenOption.WRITE, StandardOpenOption.CREATE)) {
            for (int i = 0; i < mebibytes; i++) {
                to.write(ByteBuffer.wrap(chunk));
            }
            to.force(true);
        }
        System.out.println("written: " + mebibytes * 1_000_000_000L / (System.nanoTime() - begin) + " MiB/s");
        begin = System.nanoTime();
        ByteBuffer got = ByteBuffer.allocate(CHUNK);
        try (FileChannel from = FileChannel.open(far, StandardOpenOption.READ)) {
            for (int i = 0; i < mebibytes; i++) {
                got.clear();
                while (got.hasRemaining() && from.read(got) > 0) {}
                if (!Arrays.equals(got.array(), chunk)) {
                    throw new AssertionError("other content in MiB " + i);
                }
            }
        }
        System.out.println("read: " + mebibytes * 1_000_000_000L / (System.nanoTime() - begin) + " MiB/s");
    }

    private static void see(String what, Callable<Boolean> check) throws Exception {
        see(what, 0, check);
    }

    private static void see(String what, long withinMillis, Callable<Boolean> check) throws Exception {
        long end = System.nanoTime() + withinMillis * 1_000_000;
        boolean seen = quietly(check);
        while (!seen && System.nanoTime() < end) {
            java.util.concurrent.locks.LockSupport.parkNanos(20_000_000);
            seen = quietly(check);
        }
        if (!seen) {
            throw new AssertionError("not seen: " + what);
        }
        System.out.println("ok " + what);
    }

    private static boolean quietly(Callable<Boolean> check) throws Exception {
        try {
            return check.call();
        } catch (IOException e) {
            return false;
        }
    }
}
