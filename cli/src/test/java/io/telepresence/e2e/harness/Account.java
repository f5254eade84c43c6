package io.telepresence.e2e.harness;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * A plain unix account of this machine, with a home of its own, for as long as a test class runs. What it may do with sudo
 * is a file of its own in sudoers.d.
 */
public final class Account implements AutoCloseable {
    private static final Path SUDOERS = Path.of("/etc/sudoers.d");

    private static final List<Account> OPEN = new ArrayList<>();

    private final String name;
    private final Path home;

    private Account(String name, Path home) {
        this.name = name;
        this.home = home;
    }

    /** @param groups besides its own */
    public static Account create(String name, String... groups) {
        try {
            remove(name);
            Path home = Files.createTempDirectory("tp-" + name);
            machine("useradd", "--no-create-home", "--home-dir", home.toString(), "--shell", "/bin/sh", name)
                    .ok();
            if (groups.length > 0) {
                machine("usermod", "--append", "--groups", String.join(",", groups), name)
                        .ok();
            }
            Files.createDirectories(home.resolve("run"));
            machine("chown", "-R", name + ":", home.toString()).ok();
            Account account = new Account(name, home);
            OPEN.add(account);
            return account;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public String name() {
        return name;
    }

    public void password(String password) {
        machine("sh", "-c", "echo '" + name + ":" + password + "' | chpasswd").ok();
    }

    /** @param rule what follows the account's name in a line of sudoers */
    public void mayUseSudo(String rule) throws IOException {
        Files.deleteIfExists(log());
        Path file = Files.writeString(
                Files.createTempFile("sudoers", ""),
                "Defaults:" + name + " logfile=" + log() + ", loglinelen=0, lecture=never, timestamp_timeout=0\n" + name
                        + " " + rule + "\n");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("r--r-----"));
        Files.createDirectories(SUDOERS);
        machine("mv", file.toString(), sudoers(name).toString()).ok();
        machine("visudo", "--check", "--quiet").ok();
    }

    /** How often sudo has run something for this account. */
    public long sudoCalls() throws IOException {
        return Files.exists(log())
                ? Files.readAllLines(log()).stream()
                        .filter(l -> l.contains("COMMAND="))
                        .count()
                : 0;
    }

    /** Runs a command on the laptop as this account, without a terminal. */
    public Result run(String... command) {
        return Shell.run(Map.of(), Shell.LIMIT, Shell.join(Shell.join(onLaptop(), "setsid", "--wait"), command));
    }

    public Result telepresence(String... arguments) {
        return run(Laptop.command(arguments));
    }

    /** The same at a terminal, where {@code keys} are typed, a line at each prompt for a password. */
    public Result atTerminal(List<String> keys, String... arguments) {
        String line = String.join(" ", Laptop.command(arguments));
        return Terminal.run(
                Shell.join(onLaptop(), "script", "--quiet", "--return", "--command", line, "/dev/null"),
                "assword for " + name,
                keys,
                Duration.ofSeconds(60));
    }

    /** Those that a class has left, whatever has become of it. */
    public static void closeAll() {
        List.copyOf(OPEN).forEach(Account::close);
    }

    /** What is left of it is ended. */
    @Override
    public void close() {
        OPEN.remove(this);
        telepresence("quit", "-s");
        remove(name);
        machine("rm", "-rf", home.toString(), log().toString());
    }

    private Path log() {
        return home.resolveSibling(home.getFileName() + ".sudo.log");
    }

    private List<String> onLaptop() {
        return List.of(
                Project.root().resolve("scripts/cluster").toString(),
                "laptop",
                "--as",
                name,
                "--",
                "env",
                "HOME=" + home,
                "USER=" + name,
                "XDG_RUNTIME_DIR=" + home.resolve("run"),
                "LANG=C");
    }

    private static Path sudoers(String name) {
        return SUDOERS.resolve("telepresence-test-" + name);
    }

    private static void remove(String name) {
        machine("rm", "-f", sudoers(name).toString());
        machine("userdel", "--force", name);
    }

    private static Result machine(String... command) {
        return Shell.run(Map.of(), Shell.LIMIT, List.of(command));
    }
}
