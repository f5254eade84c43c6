package io.telepresence.tunnel.grpc;

import io.grpc.EquivalentAddressGroup;
import io.grpc.NameResolver;
import io.grpc.NameResolverProvider;
import io.grpc.StatusOr;
import io.telepresence.base.AddressText;
import io.telepresence.run.Threads;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.URI;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Finds a {@link ServiceAddress} for gRPC. One lookup at a time, each on a virtual thread; one that has no answer in time
 * goes on until the system's resolver gives it up.
 */
final class ServiceNameResolver extends NameResolver {
    /** How long a name may take; a resolver that is out of reach takes 10 s and more. */
    static final Duration PATIENCE = Duration.ofSeconds(2);

    private static final Logger LOG = LoggerFactory.getLogger(ServiceNameResolver.class);

    /** How a name is looked up. Blocks. */
    @FunctionalInterface
    interface Lookup {
        InetAddress[] all(String host) throws UnknownHostException;
    }

    private final ServiceAddress service;
    private final Lookup lookup;
    private final Duration patience;
    private final Args args;
    private final AtomicBoolean looking = new AtomicBoolean();
    private volatile boolean closed;
    private Listener2 listener;

    private ServiceNameResolver(ServiceAddress service, Lookup lookup, Duration patience, Args args) {
        this.service = service;
        this.lookup = lookup;
        this.patience = patience;
        this.args = args;
    }

    /** For one channel: its own address and no other. */
    static NameResolverProvider provider(ServiceAddress service, Lookup lookup, Duration patience) {
        return new Provider(service, lookup, patience);
    }

    @Override
    public String getServiceAuthority() {
        return service.host() + ":" + service.port();
    }

    @Override
    public void start(Listener2 told) {
        this.listener = told;
        refresh();
    }

    @Override
    public void refresh() {
        if (looking.compareAndSet(false, true)) {
            Threads.virtual("lookup-" + service.host(), () -> {
                List<EquivalentAddressGroup> found = find();
                looking.set(false);
                args.getSynchronizationContext().execute(() -> tell(found));
            });
        }
    }

    @Override
    public void shutdown() {
        closed = true;
    }

    private void tell(List<EquivalentAddressGroup> found) {
        if (!closed) {
            listener.onResult2(ResolutionResult.newBuilder()
                    .setAddressesOrError(StatusOr.fromValue(found))
                    .build());
        }
    }

    private List<EquivalentAddressGroup> find() {
        CompletableFuture<InetAddress[]> answer = new CompletableFuture<>();
        Threads.virtual("dns-" + service.host(), () -> {
            try {
                answer.complete(lookup.all(service.host()));
            } catch (UnknownHostException | RuntimeException e) {
                answer.completeExceptionally(e);
            }
        });
        try {
            return Arrays.stream(answer.get(patience.toMillis(), TimeUnit.MILLISECONDS))
                    .map(this::at)
                    .toList();
        } catch (TimeoutException | ExecutionException e) {
            LOG.info("{} has no address, so {} is used", service.host(), AddressText.of(service.fallback()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        return List.of(at(service.fallback()));
    }

    private EquivalentAddressGroup at(InetAddress address) {
        return new EquivalentAddressGroup(new InetSocketAddress(address, service.port()));
    }

    private static final class Provider extends NameResolverProvider {
        private static final int ORDINARY = 5;

        private final ServiceAddress service;
        private final Lookup lookup;
        private final Duration patience;

        Provider(ServiceAddress service, Lookup lookup, Duration patience) {
            this.service = service;
            this.lookup = lookup;
            this.patience = patience;
        }

        @Override
        protected boolean isAvailable() {
            return true;
        }

        @Override
        protected int priority() {
            return ORDINARY;
        }

        @Override
        public String getDefaultScheme() {
            return "service";
        }

        @Override
        public NameResolver newNameResolver(URI target, Args args) {
            return new ServiceNameResolver(service, lookup, patience, args);
        }

        @Override
        public Collection<Class<? extends SocketAddress>> getProducedSocketAddressTypes() {
            return Set.of(InetSocketAddress.class);
        }
    }
}
