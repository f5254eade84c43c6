package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A route on another device that keeps {@code subnet} out of the tunnel: a copy of the one that was used before.
 *
 * @param device empty: there was no way before, and there shall be none now
 */
public record BypassRoute(
        Cidr subnet, Optional<InetAddress> gateway, Optional<String> device, Optional<InetAddress> source) {

    /** The words of {@code ip route add} or {@code del}. */
    List<String> words() {
        List<String> words = new ArrayList<>();
        if (device.isEmpty()) {
            words.add("unreachable");
        }
        words.add(subnet.toString());
        gateway.ifPresent(g -> words.addAll(List.of("via", Cidr.text(g))));
        device.ifPresent(d -> words.addAll(List.of("dev", d)));
        source.ifPresent(s -> words.addAll(List.of("src", Cidr.text(s))));
        return words;
    }

    @Override
    public String toString() {
        return String.join(" ", words());
    }
}
