package io.telepresence.rootd.host;

import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.List;

/**
 * What the machine's resolver shall do for us.
 *
 * @param device the TUN device
 * @param servers addresses of our DNS server, port 53; one per family at most
 * @param domains names below which questions shall come to us, without dots at the ends
 * @param search the suffix that single-label names shall get
 * @param nameservers whom programs ask on this machine
 */
public record HostDnsConfig(
        String device,
        List<InetAddress> servers,
        List<String> domains,
        String search,
        List<InetSocketAddress> nameservers) {
    public HostDnsConfig {
        servers = List.copyOf(servers);
        domains = List.copyOf(domains);
        nameservers = List.copyOf(nameservers);
    }
}
