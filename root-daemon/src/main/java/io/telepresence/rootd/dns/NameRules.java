package io.telepresence.rootd.dns;

import io.telepresence.base.Cidr;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.xbill.DNS.Type;

/**
 * Decides which names are the cluster's. Pure.
 *
 * <ol>
 *   <li>{@code localhost} is this machine, reverse names of cluster subnets are the cluster's
 *   <li>mapped names are what the user says
 *   <li>not the cluster's: {@code wpad}, DNS service discovery, excluded names
 *   <li>single labels: the connected namespace
 *   <li>not the cluster's: excluded suffixes, unless an included one is as long
 *   <li>names with our search suffix; in a mapped namespace; in {@code svc}; in the cluster domain; with an included
 *       suffix
 * </ol>
 *
 * Names of 3 and 5 are judged with and without the suffixes that a resolver's search list may have added. A name that
 * might also be the machine's own resolver's is that one's if the cluster does not know it.
 *
 * <p>The other way round where the last label is a namespace, a public top-level domain (say {@code dev}), and neither the
 * connected namespace nor one that the user mapped: somebody in the cluster may have made it, who must not answer for the
 * world's names. Such a name is the cluster's only if it does not exist publicly.
 */
final class NameRules {
    /** The search suffix that makes systemd-resolved hand us single-label names. */
    static final String SEARCH = "tel2-search";

    /** Asked below {@link #SEARCH} to see whether this machine's resolver reaches us. */
    static final String PROBE = "tel2-probe";

    private static final Set<Integer> SINGLE_LABEL_TYPES =
            Set.of(Type.A, Type.AAAA, Type.CNAME, Type.MX, Type.SRV, Type.TXT, Type.HTTPS, Type.SVCB, Type.ANY);

    private final DnsSettings settings;

    NameRules(DnsSettings settings) {
        this.settings = settings;
    }

    /** @param question the name as asked, with or without its last dot */
    NameDecision decide(String question, int type) {
        String asked = DnsSettings.plain(question);
        if (inside(asked, "localhost")) {
            return new NameDecision.Addresses(List.of(Cidr.literal("127.0.0.1"), Cidr.literal("::1")));
        }
        Optional<InetAddress> reversed = ReverseNames.address(asked);
        if (reversed.isPresent()) {
            return reverse(asked, reversed.get());
        }
        boolean searched = inside(asked, SEARCH);
        String name = searched ? without(asked, SEARCH) : asked;
        if (searched && name.equals(PROBE)) {
            return new NameDecision.Addresses(List.of(Cidr.literal("127.0.0.1")));
        }
        String target = settings.mappings().get(name);
        if (target != null) {
            return alias(target);
        }
        NameDecision outside = searched || inside(name, settings.clusterDomain())
                ? new NameDecision.NoSuchName()
                : new NameDecision.Local();
        if (name.isEmpty() || refused(name)) {
            return outside;
        }
        List<String> names = candidates(name, type, searched);
        if (names.isEmpty()) {
            return outside;
        }
        if (publicFirst(name)) { // a resolver asks for it without our suffix as well
            return searched ? outside : new NameDecision.LocalFirst(names);
        }
        return new NameDecision.Cluster(names, !searched && mayBeElsewhere(name));
    }

    /** Names below which questions must come to us. */
    List<String> domains() {
        Set<String> domains = new LinkedHashSet<>();
        domains.add(settings.clusterDomain());
        domains.add("svc");
        domains.addAll(settings.includeSuffixes());
        domains.addAll(settings.mappings().keySet());
        settings.subnets().forEach(s -> domains.addAll(ReverseNames.zones(s)));
        domains.addAll(settings.namespaces());
        return List.copyOf(domains);
    }

    private List<String> candidates(String name, int type, boolean searched) {
        List<String> names = new ArrayList<>();
        boolean single = withoutServiceLabels(name).indexOf('.') < 0;
        if (single) {
            if ((searched || SINGLE_LABEL_TYPES.contains(type))
                    && !settings.namespace().isEmpty()) {
                names.add(inNamespace(name));
            }
            return names;
        }
        if (suffixExcluded(name)) {
            return names;
        }
        if (inside(name, settings.clusterDomain())) {
            names.add(name);
        } else if (inside(name, "svc")) {
            names.add(name + "." + settings.clusterDomain());
        } else {
            if (inNamespaceGiven(name)) {
                names.add(name + ".svc." + settings.clusterDomain());
            }
            if (longest(settings.includeSuffixes(), name) > 0) {
                names.add(name);
            }
            if (searched && names.isEmpty() && !settings.namespace().isEmpty()) {
                names.add(inNamespace(name));
            }
        }
        return names;
    }

    private boolean refused(String name) {
        return name.equals("wpad")
                || name.startsWith("wpad.")
                || name.contains("._dns-sd._udp")
                || settings.excludes().contains(name)
                || settings.excludes().contains(withoutSearchSuffix(name));
    }

    /** An excluded suffix loses against an included one that is as long or longer. */
    private boolean suffixExcluded(String name) {
        String bare = withoutSearchSuffix(name);
        int excluded = longest(settings.excludeSuffixes(), bare);
        return excluded > 0 && longest(settings.includeSuffixes(), bare) < excluded;
    }

    private boolean mayBeElsewhere(String name) {
        return !inside(name, settings.clusterDomain()) && !inside(name, "svc");
    }

    private boolean publicFirst(String name) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        return last.length() < name.length()
                && mayBeElsewhere(name)
                && !settings.isNamed(last)
                && longest(settings.includeSuffixes(), name) == 0
                && settings.namespaces().contains(last)
                && TopLevelDomains.contains(last);
    }

    private boolean inNamespaceGiven(String name) {
        return settings.namespaces().stream().anyMatch(n -> name.endsWith("." + n));
    }

    private String inNamespace(String name) {
        return name + "." + settings.namespace() + ".svc." + settings.clusterDomain();
    }

    /** What the name was before a resolver with a pod's search list went through it. */
    private String withoutSearchSuffix(String name) {
        if (settings.namespace().isEmpty()) {
            return name;
        }
        String full = settings.namespace() + ".svc." + settings.clusterDomain();
        if (name.endsWith("." + full)) {
            return without(name, full);
        }
        return name.endsWith("." + settings.namespace()) ? without(name, settings.namespace()) : name;
    }

    private NameDecision alias(String target) {
        try {
            return new NameDecision.Addresses(List.of(Cidr.literal(target)));
        } catch (IllegalArgumentException e) {
            return new NameDecision.Alias(target);
        }
    }

    private NameDecision reverse(String name, InetAddress address) {
        if (settings.servers().contains(address)) {
            return new NameDecision.Pointer(settings.clusterDomain());
        }
        boolean ours = settings.subnets().stream().anyMatch(s -> s.contains(address));
        return ours ? new NameDecision.Cluster(List.of(name), false) : new NameDecision.Local();
    }

    /** {@code _http._tcp.web} is about {@code web}. */
    private static String withoutServiceLabels(String name) {
        String rest = name;
        while (rest.startsWith("_") && rest.indexOf('.') > 0) {
            rest = rest.substring(rest.indexOf('.') + 1);
        }
        return rest;
    }

    private static int longest(List<String> suffixes, String name) {
        return suffixes.stream()
                .filter(s -> inside(name, s))
                .mapToInt(String::length)
                .max()
                .orElse(0);
    }

    private static String without(String name, String suffix) {
        return name.equals(suffix) ? "" : name.substring(0, name.length() - suffix.length() - 1);
    }

    /** Whether the name is the domain itself or lies below it. */
    static boolean inside(String name, String domain) {
        return name.endsWith(domain)
                && (name.length() == domain.length() || name.charAt(name.length() - domain.length() - 1) == '.');
    }
}
