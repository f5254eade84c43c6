package io.telepresence.userd.apiserver;

import io.telepresence.agree.ServerUrl;
import io.telepresence.base.AddressText;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Where a server is, which may move while we are connected: its name is looked up before each dial. While the resolver does
 * not answer, the last addresses stay good. Thread-safe.
 */
final class ServerAddresses {
    private static final Logger LOG = LoggerFactory.getLogger(ServerAddresses.class);

    /** A resolver may be silent because the tunnel is down that this dial would bring back. */
    private static final Duration PATIENCE = Duration.ofSeconds(2);

    /** Connections to former addresses live on for a while. */
    private static final int MOST_KEPT = 16;

    private final String name;
    private final Names names;
    private final Watched<List<InetAddress>> used;
    private List<InetAddress> last;

    /** Tells the addresses of a name, one at least; blocks. */
    @FunctionalInterface
    interface Names {
        List<InetAddress> all(String name) throws UnknownHostException;
    }

    private ServerAddresses(String name, Names names, List<InetAddress> found) {
        this.name = name;
        this.names = names;
        this.last = found;
        this.used = new Watched<>(found);
    }

    /** Looks the name up; blocks. */
    static ServerAddresses find(String name, Names names) throws UnknownHostException {
        return new ServerAddresses(name, names, List.copyOf(names.all(name)));
    }

    /** Addresses where connections may lead, the present ones first. */
    Watched<List<InetAddress>> used() {
        return used;
    }

    /** Looks again; blocks, for two seconds at most. */
    List<InetAddress> now() {
        if (ServerUrl.address(name.replaceFirst("%.*", "")).isPresent()) {
            return last();
        }
        CompletableFuture<List<InetAddress>> answer = new CompletableFuture<>();
        Threads.virtual("look-up-" + name, () -> {
            try {
                answer.complete(List.copyOf(names.all(name)));
            } catch (UnknownHostException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            found(answer.get(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
        } catch (ExecutionException | TimeoutException e) {
            LOG.info("{} is not resolved now ({}); it stays where it was", name, e.toString());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return last();
    }

    private synchronized List<InetAddress> last() {
        return last;
    }

    private synchronized void found(List<InetAddress> now) {
        last = now;
        Set<InetAddress> before = new LinkedHashSet<>(used.get());
        if (before.containsAll(now)) {
            return;
        }
        LOG.info("{} is at {} now", name, now.stream().map(AddressText::of).toList());
        Set<InetAddress> all = new LinkedHashSet<>(now);
        all.addAll(before);
        List<InetAddress> kept = new ArrayList<>(all);
        used.set(List.copyOf(kept.subList(0, Math.min(kept.size(), Math.max(MOST_KEPT, now.size())))));
    }
}
