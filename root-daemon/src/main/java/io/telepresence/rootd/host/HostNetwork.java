package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;
import java.io.IOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Reads addresses and routes of this machine, through {@code ip -json}. */
public final class HostNetwork {
    private HostNetwork() {}

    /** An address of an interface. */
    public record Address(String device, InetAddress address, int length) {}

    /**
     * A unicast route of the table main, or of any other table but {@code local}.
     *
     * @param destination length 0 for a default route
     */
    public record Route(
            Cidr destination, Optional<InetAddress> gateway, String device, Optional<InetAddress> source, int metric) {}

    public static List<Address> addresses(HostCommands host) throws IOException {
        List<Address> found = new ArrayList<>();
        for (Map<?, ?> link : objects(host.must("ip", "-json", "addr", "show"))) {
            for (Map<?, ?> info : maps(link.get("addr_info"))) {
                if (info.get("local") instanceof String local && info.get("prefixlen") instanceof Double length) {
                    found.add(new Address(String.valueOf(link.get("ifname")), Cidr.literal(local), length.intValue()));
                }
            }
        }
        return found;
    }

    public static List<Route> routes(HostCommands host) throws IOException {
        List<Route> found = new ArrayList<>();
        for (String family : List.of("-4", "-6")) {
            HostCommands.Result result = host.run("ip", "-json", family, "route", "show", "table", "all");
            if (result.ok()) { // it fails where IPv6 is off
                for (Map<?, ?> route : objects(result.out())) {
                    route(route, family).ifPresent(found::add);
                }
            }
        }
        return found;
    }

    private static Optional<Route> route(Map<?, ?> route, String family) {
        boolean unicast = !route.containsKey("type") || "unicast".equals(route.get("type"));
        if (!unicast || "local".equals(route.get("table")) || !(route.get("dst") instanceof String to)) {
            return Optional.empty();
        }
        String everything = family.equals("-4") ? "0.0.0.0/0" : "::/0";
        Object hop = route.get("dev") != null
                ? route
                : maps(route.get("nexthops")).stream().findFirst().orElse(Map.of());
        if (!(hop instanceof Map<?, ?> via) || !(via.get("dev") instanceof String device)) {
            return Optional.empty();
        }
        return Optional.of(new Route(
                Cidr.parse(to.equals("default") ? everything : to),
                gateway(via),
                device,
                literal(route.get("prefsrc")),
                route.get("metric") instanceof Double metric ? metric.intValue() : 0));
    }

    private static Optional<InetAddress> gateway(Map<?, ?> hop) {
        return hop.get("via") instanceof Map<?, ?> via ? literal(via.get("host")) : literal(hop.get("gateway"));
    }

    private static Optional<InetAddress> literal(Object text) {
        return text instanceof String literal ? Optional.of(Cidr.literal(literal)) : Optional.empty();
    }

    private static List<Map<?, ?>> objects(String json) throws IOException {
        try {
            return json.isBlank() ? List.of() : maps(IpJson.parse(json));
        } catch (IllegalArgumentException e) {
            throw new IOException("ip -json printed " + e.getMessage(), e);
        }
    }

    private static List<Map<?, ?>> maps(Object value) {
        List<Map<?, ?>> maps = new ArrayList<>();
        if (value instanceof List<?> list) {
            for (Object each : list) {
                if (each instanceof Map<?, ?> map) {
                    maps.add(map);
                }
            }
        }
        return maps;
    }
}
