package io.telepresence.rootd.bench;

import io.telepresence.rootd.stack.Stack;
import io.telepresence.rootd.stack.StackConfig;
import io.telepresence.rootd.tun.LinuxTun;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.List;
import java.util.Optional;

/**
 * Runs the packet path in its own network namespace until its input ends or says q: {@code TunBench PLAIN TARGET4 TARGET6}, with
 * {@code plain} or {@code offload} and the addresses that every connection is dialled to. Routes 10.96.0.0/16 and
 * fd00:96::/64. Each line of input is answered with the number of open flows and of all.
 */
public final class TunBench {
    private static final int MTU = 1500;

    private TunBench() {}

    public static void main(String[] args) throws Exception {
        boolean plain = args[0].equals("plain");
        InetAddress target4 = InetAddress.getByName(args[1]);
        InetAddress target6 = InetAddress.getByName(args[2]);
        LinuxTun tun = LinuxTun.open(MTU);
        String dev = tun.name();
        run("ip", "addr", "add", "198.18.77.1/24", "dev", dev);
        run("ip", "addr", "add", "fd77::1/64", "dev", dev, "nodad", "noprefixroute");
        if (plain) {
            run("ethtool", "-K", dev, "tx", "off", "tso", "off", "gso", "off");
        }
        run("ip", "link", "set", dev, "mtu", String.valueOf(MTU), "txqueuelen", "5000", "up");
        run("ip", "route", "change", "198.18.77.0/24", "dev", dev, "src", "198.18.77.1", "congctl", "cubic");
        run("ip", "route", "add", "10.96.0.0/16", "dev", dev, "src", "198.18.77.1", "congctl", "cubic");
        run("ip", "-6", "route", "add", "fd77::/64", "dev", dev, "src", "fd77::1", "congctl", "cubic");
        run("ip", "-6", "route", "add", "fd00:96::/64", "dev", dev, "src", "fd77::1", "congctl", "cubic");
        var config = new StackConfig(
                Optional.of(own("198.18.77.1", "198.18.77.2", "198.18.77.3")),
                Optional.of(own("fd77::1", "fd77::2", "fd77::3")),
                MTU);
        try (var uplink = new FakeBenchUplink(asked -> where(asked, target4, target6));
                var stack = Stack.open(tun, config, uplink)) {
            System.out.println("ready " + dev);
            for (int c = System.in.read(); c >= 0 && c != 'q'; c = System.in.read()) {
                System.out.println(stack.stats());
            }
        }
    }

    /** Addresses that end in 66 have nobody behind them: the far end's neighbour 13 does not exist. */
    private static InetAddress where(InetAddress asked, InetAddress target4, InetAddress target6) {
        byte[] target = (asked instanceof Inet4Address ? target4 : target6).getAddress();
        if (asked.getAddress()[asked.getAddress().length - 1] == 66) {
            target[target.length - 1] += 11;
        }
        try {
            return InetAddress.getByAddress(target);
        } catch (UnknownHostException e) {
            throw new IllegalStateException(e);
        }
    }

    private static StackConfig.Own own(String address, String... spare) throws IOException {
        var spares = new InetAddress[spare.length];
        for (int i = 0; i < spare.length; i++) {
            spares[i] = InetAddress.getByName(spare[i]);
        }
        return new StackConfig.Own(InetAddress.getByName(address), List.of(spares));
    }

    private static void run(String... command) throws IOException, InterruptedException {
        int code = new ProcessBuilder(command).inheritIO().start().waitFor();
        if (code != 0) {
            throw new IOException(String.join(" ", command) + " ended with " + code);
        }
    }
}
