package io.telepresence.manager.network;

import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * What the kubelet wrote for this pod: where the cluster's DNS answers, and below which domain.
 *
 * @param nameservers literal addresses, in order
 * @param search search domains, in order
 */
public record PodResolvConf(List<InetAddress> nameservers, List<String> search) {
    private static final String DEFAULT_DOMAIN = "cluster.local";

    public static PodResolvConf read(Path file) throws IOException {
        return parse(Files.readAllLines(file));
    }

    static PodResolvConf parse(List<String> lines) {
        List<InetAddress> nameservers = new ArrayList<>();
        List<String> search = new ArrayList<>();
        for (String line : lines) {
            String[] words = line.strip().split("\\s+");
            if (words[0].equals("nameserver") && words.length > 1) {
                address(words[1]).ifPresent(nameservers::add);
            } else if (words[0].equals("search") || words[0].equals("domain")) {
                search.clear();
                search.addAll(List.of(words).subList(1, words.length));
            }
        }
        return new PodResolvConf(List.copyOf(nameservers), List.copyOf(search));
    }

    /** The cluster's domain, from the entry {@code svc.DOMAIN}; without dots at either end. */
    public String clusterDomain() {
        for (String domain : search) {
            String trimmed = domain.endsWith(".") ? domain.substring(0, domain.length() - 1) : domain;
            if (trimmed.startsWith("svc.")) {
                return trimmed.substring("svc.".length());
            }
        }
        return DEFAULT_DOMAIN;
    }

    private static Optional<InetAddress> address(String text) {
        try {
            return Optional.of(InetAddress.ofLiteral(text));
        } catch (IllegalArgumentException e) {
            return Optional.empty();
        }
    }
}
