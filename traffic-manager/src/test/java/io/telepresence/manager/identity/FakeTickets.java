package io.telepresence.manager.identity;

import io.fabric8.kubernetes.api.model.certificates.v1.CertificateSigningRequest;
import io.fabric8.kubernetes.client.KubernetesClientException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;

/** An API server's store of tickets; it may be away. */
final class FakeTickets implements TicketApi {
    final AtomicInteger reads = new AtomicInteger();
    final LinkedBlockingQueue<String> deletions = new LinkedBlockingQueue<>();
    volatile boolean away;

    /** The answer to a manager that may not do what it asks for; zero: it may. */
    volatile int refused;

    private final Map<String, CertificateSigningRequest> stored = new ConcurrentHashMap<>();

    void put(CertificateSigningRequest ticket) {
        stored.put(ticket.getMetadata().getName(), ticket);
    }

    String deleted() throws InterruptedException {
        return deletions.poll(10, TimeUnit.SECONDS);
    }

    private void ask() {
        if (away) {
            throw new KubernetesClientException("the API server is away");
        }
        if (refused != 0) {
            throw new KubernetesClientException("refused", refused, null);
        }
    }

    @Override
    public Optional<CertificateSigningRequest> read(String name) {
        ask();
        reads.incrementAndGet();
        return Optional.ofNullable(stored.get(name));
    }

    @Override
    public void delete(String name, String uid) {
        ask();
        if (stored.values()
                .removeIf(t -> t.getMetadata().getName().equals(name)
                        && t.getMetadata().getUid().equals(uid))) {
            deletions.add(name);
        }
    }

    @Override
    public void each(Consumer<CertificateSigningRequest> look) {
        ask();
        List.copyOf(stored.values()).forEach(look);
    }
}
