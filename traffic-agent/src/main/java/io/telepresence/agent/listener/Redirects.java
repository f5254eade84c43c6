package io.telepresence.agent.listener;

import io.telepresence.engagement.Port;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Packet redirection in the pod's own network namespace: what comes from outside to a port of the app arrives at the
 * agent instead. What starts inside the pod, the agent's own dialling included, still reaches the app; so does what comes
 * to a direct port, from anywhere, whether the agent runs or not. One table of our own per address family, replaced as a
 * whole in one transaction, so that running twice changes nothing; rules of others (mesh, kube-proxy) are not touched.
 * Needs NET_ADMIN.
 */
public final class Redirects {
    private static final Logger LOG = LoggerFactory.getLogger(Redirects.class);
    private static final long PATIENCE_SECONDS = 20;

    private final Path nft;
    private final Path interfaces6;

    /**
     * One redirected port.
     *
     * @param from where the app listens
     * @param to where the agent listens
     * @param direct a number that leads to the app, without the agent; zero: none
     */
    public record Redirect(Port from, int to, int direct) {
        /** Without a direct way. */
        public Redirect(Port from, int to) {
            this(from, to, 0);
        }

        private String transport() {
            return from.transport().name().toLowerCase(Locale.ROOT);
        }
    }

    /** @param nft the nft program */
    public Redirects(Path nft) {
        this(nft, Path.of("/proc/net/if_inet6"));
    }

    Redirects(Path nft, Path interfaces6) {
        this.nft = nft;
        this.interfaces6 = interfaces6;
    }

    /**
     * Replaces the redirection by the given one; an empty list takes it away. Blocks.
     *
     * @throws FaultException if the kernel or nft refuse; IPv6 is only required in a pod that has it
     */
    public void apply(List<Redirect> redirects) throws FaultException {
        run(script("ip", redirects));
        try {
            run(script("ip6", redirects));
        } catch (FaultException e) {
            if (hasIpv6()) {
                throw e;
            }
            LOG.info(
                    "no IPv6 redirection, and this pod has no IPv6: {}",
                    e.fault().text());
        }
    }

    /** The whole wish as one nft transaction; "add" before "delete" makes the delete succeed the first time too. */
    static String script(String family, List<Redirect> redirects) {
        StringBuilder script = new StringBuilder()
                .append("add table ")
                .append(family)
                .append(" telepresence\n")
                .append("delete table ")
                .append(family)
                .append(" telepresence\n");
        if (redirects.isEmpty()) {
            return script.toString();
        }
        script.append("table ")
                .append(family)
                .append(" telepresence {\n")
                .append("  chain prerouting {\n")
                // Just after dstnat: a mesh that takes the connection first keeps it.
                .append("    type nat hook prerouting priority -99; policy accept;\n");
        for (Redirect redirect : redirects) {
            rule(script, "iifname != \"lo\"", redirect, redirect.from().number(), "redirect", redirect.to());
        }
        List<Redirect> direct = redirects.stream().filter(r -> r.direct() != 0).toList();
        for (Redirect redirect : direct) {
            rule(
                    script,
                    "iifname != \"lo\"",
                    redirect,
                    redirect.direct(),
                    "redirect",
                    redirect.from().number());
        }
        script.append("  }\n");
        if (!direct.isEmpty()) {
            // A mesh's proxy in the pod asks in the kubelet's place.
            script.append("  chain output {\n").append("    type nat hook output priority -99; policy accept;\n");
            for (Redirect redirect : direct) {
                rule(
                        script,
                        "oifname \"lo\"",
                        redirect,
                        redirect.direct(),
                        "dnat",
                        redirect.from().number());
            }
            script.append("  }\n");
        }
        return script.append("}\n").toString();
    }

    private static void rule(StringBuilder script, String where, Redirect redirect, int from, String verb, int to) {
        script.append("    ")
                .append(where)
                .append(' ')
                .append(redirect.transport())
                .append(" dport ")
                .append(from)
                .append(' ')
                .append(verb)
                .append(" to :")
                .append(to)
                .append('\n');
    }

    private void run(String script) throws FaultException {
        try {
            Process process = new ProcessBuilder(nft.toString(), "-f", "-")
                    .redirectErrorStream(true)
                    .start();
            try (OutputStream in = process.getOutputStream()) {
                in.write(script.getBytes(StandardCharsets.UTF_8));
            }
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            if (!process.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw failed("it did not end within " + PATIENCE_SECONDS + " s", null);
            }
            if (process.exitValue() != 0) {
                throw failed(said.lines().findFirst().orElse("exit code " + process.exitValue()), null);
            }
        } catch (IOException e) {
            throw failed(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw failed("interrupted", e);
        }
    }

    private FaultException failed(String why, Exception cause) {
        return Fault.config(
                        "cannot redirect the app's ports to the agent: " + nft + ": " + why,
                        "The init container needs the capability NET_ADMIN and a kernel with nf_tables.")
                .exception(cause);
    }

    private boolean hasIpv6() {
        try {
            return Files.exists(interfaces6)
                    && Files.readAllLines(interfaces6).stream().anyMatch(line -> !line.endsWith(" lo"));
        } catch (IOException e) {
            return true;
        }
    }
}
