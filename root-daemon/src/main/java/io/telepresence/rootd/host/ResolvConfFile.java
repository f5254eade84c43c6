package io.telepresence.rootd.host;

import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * What resolv.conf(5) says.
 *
 * @param nameservers in order; as in libc, the loopback address if the file names none
 * @param search the last {@code search} or {@code domain} line
 */
public record ResolvConfFile(List<InetAddress> nameservers, List<String> search) {
    public static final Path FILE = Path.of("/etc/resolv.conf");

    public ResolvConfFile {
        nameservers = List.copyOf(nameservers);
        search = List.copyOf(search);
    }

    /** Lines that cannot be understood are skipped, as libc does; {@code #} and {@code ;} begin a comment. */
    public static ResolvConfFile parse(String text) {
        List<InetAddress> nameservers = new ArrayList<>();
        List<String> search = List.of();
        for (String line : text.split("\\R")) {
            String[] words = uncommented(line).strip().split("\\s+");
            if (words.length < 2) {
                continue;
            }
            switch (words[0]) {
                case "nameserver" -> addLiteral(nameservers, words[1]);
                case "search", "domain" -> search = List.of(words).subList(1, words.length);
                default -> {}
            }
        }
        return new ResolvConfFile(nameservers.isEmpty() ? List.of(Cidr.literal("127.0.0.1")) : nameservers, search);
    }

    private static void addLiteral(List<InetAddress> nameservers, String word) {
        try {
            nameservers.add(Cidr.literal(word));
        } catch (IllegalArgumentException e) {
            // Not an address: libc skips such a line too.
        }
    }

    private static String uncommented(String line) {
        for (int i = 0; i < line.length(); i++) {
            if (line.charAt(i) == '#' || line.charAt(i) == ';') {
                return line.substring(0, i);
            }
        }
        return line;
    }
}
