package io.telepresence.e2e.harness;

import java.time.Duration;
import java.util.stream.Collectors;

/** Everything that {@code connect} may change on the laptop, as text that can be compared. */
public record HostState(
        String addresses, String routes, String rules, String resolver, String mounts, String processes) {

    /** The state without any daemon of ours: one that is just ending is waited for. */
    public static HostState quiet(Laptop laptop) {
        Shell.await(
                "daemons ended", Duration.ofSeconds(30), () -> daemons(laptop).isEmpty());
        return read(laptop);
    }

    public static HostState read(Laptop laptop) {
        return new HostState(
                sorted(laptop.run("ip", "-brief", "address").ok().stdout()),
                sorted(laptop.run("ip", "route", "show", "table", "all").ok().stdout()
                        + laptop.run("ip", "-6", "route", "show", "table", "all")
                                .ok()
                                .stdout()),
                laptop.run("nft", "--stateless", "list", "ruleset").ok().stdout(),
                laptop.run("cat", "/etc/resolv.conf").ok().stdout(),
                sorted(laptop.run(
                                "sh", "-c", "grep -v -e /var/lib/telepresence-test-cluster -e ^nsfs /proc/self/mounts")
                        .ok()
                        .stdout()),
                daemons(laptop));
    }

    public static String daemons(Laptop laptop) {
        return Daemons.of(laptop).words();
    }

    private static String sorted(String text) {
        return text.lines()
                .map(String::strip)
                .filter(l -> !l.contains("expires"))
                .sorted()
                .collect(Collectors.joining("\n"));
    }
}
