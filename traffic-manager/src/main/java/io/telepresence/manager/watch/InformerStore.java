package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.dsl.Informable;
import io.fabric8.kubernetes.client.informers.ResourceEventHandler;
import io.fabric8.kubernetes.client.informers.SharedIndexInformer;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.UnaryOperator;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A store fed by one informer for the whole cluster, or by one per managed namespace. */
final class InformerStore<T extends HasMetadata> implements Store<T>, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(InformerStore.class);
    private static final String EVERYWHERE = "";

    /** Objects of one page of a list. Only one page is untrimmed in memory, however many objects there are. */
    static final long PAGE = 250;

    private final String kind;
    private final UnaryOperator<T> trim;
    private final Map<String, StoreItems<T>> items = new ConcurrentHashMap<>();
    private final List<SharedIndexInformer<T>> informers = new CopyOnWriteArrayList<>();
    private final StoreFollowers<T> followers = new StoreFollowers<>();
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();

    InformerStore(String kind, UnaryOperator<T> trim) {
        this.kind = kind;
        this.trim = trim;
    }

    /**
     * Starts watching. A required kind is tried again until it works; an optional one that may not be listed stays
     * empty.
     *
     * @param namespace empty: everywhere
     * @return completes when the first list is there, or was refused for an optional kind
     */
    CompletableFuture<Void> start(String namespace, Informable<T> source, boolean required) {
        StoreItems<T> held = items.computeIfAbsent(namespace, _ -> new StoreItems<>(trim, followers));
        SharedIndexInformer<T> informer = source.withLimit(PAGE).runnableInformer(0);
        informers.add(informer);
        informer.itemStore(held).addEventHandler(new Tell()).exceptionHandler((started, error) -> {
            LOG.warn("watching {} {}: {}", kind, namespace, error.getMessage());
            return started || required;
        });
        CompletableFuture<Void> first = informer.start().toCompletableFuture();
        return required ? first : first.exceptionally(_ -> null);
    }

    @Override
    public List<T> all() {
        return items.values().stream().flatMap(StoreItems::values).toList();
    }

    @Override
    public List<T> in(String namespace) {
        return held(namespace).map(i -> i.in(namespace)).orElse(List.of());
    }

    @Override
    public Optional<T> get(String namespace, String name) {
        return held(namespace).flatMap(i -> i.find(namespace, name));
    }

    private Optional<StoreItems<T>> held(String namespace) {
        StoreItems<T> everywhere = items.get(EVERYWHERE);
        return Optional.ofNullable(everywhere != null ? everywhere : items.get(namespace));
    }

    @Override
    public long version(String namespace) {
        return held(namespace).map(i -> i.version(namespace)).orElse(0L);
    }

    @Override
    public AutoCloseable watch(Runnable changed) {
        watchers.add(changed);
        return () -> watchers.remove(changed);
    }

    @Override
    public AutoCloseable follow(Follower<? super T> follower) {
        return followers.add(follower, () -> items.values().stream().flatMap(StoreItems::values));
    }

    @Override
    public void close() {
        informers.forEach(SharedIndexInformer::close);
    }

    private final class Tell implements ResourceEventHandler<T> {
        @Override
        public void onAdd(T object) {
            watchers.forEach(Runnable::run);
        }

        @Override
        public void onUpdate(T before, T after) {
            watchers.forEach(Runnable::run);
        }

        @Override
        public void onDelete(T object, boolean lastStateUnknown) {
            watchers.forEach(Runnable::run);
        }
    }
}
