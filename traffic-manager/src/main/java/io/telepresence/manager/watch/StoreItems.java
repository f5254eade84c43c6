package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.informers.cache.ItemStore;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;

/** What one informer holds, by namespace, each object trimmed to what the manager reads. */
final class StoreItems<T extends HasMetadata> implements ItemStore<T> {
    private final Map<String, Map<String, T>> byNamespace = new ConcurrentHashMap<>();
    private final Map<String, AtomicLong> versions = new ConcurrentHashMap<>();
    private final UnaryOperator<T> trim;
    private final StoreFollowers<T> followers;

    /** @param followers are told of each change */
    StoreItems(UnaryOperator<T> trim, StoreFollowers<T> followers) {
        this.trim = trim;
        this.followers = followers;
    }

    List<T> all() {
        return values().toList();
    }

    List<T> in(String namespace) {
        return List.copyOf(byNamespace.getOrDefault(namespace, Map.of()).values());
    }

    Optional<T> find(String namespace, String name) {
        return Optional.ofNullable(byNamespace.getOrDefault(namespace, Map.of()).get(name));
    }

    /** As {@link Store#version}. */
    long version(String namespace) {
        AtomicLong version = versions.get(namespace);
        return version == null ? 0 : version.get();
    }

    private void changed(String namespace) {
        versions.computeIfAbsent(namespace, _ -> new AtomicLong()).incrementAndGet();
    }

    @Override
    public String getKey(T object) {
        String namespace = object.getMetadata().getNamespace();
        return (namespace == null ? "" : namespace) + "/" + object.getMetadata().getName();
    }

    @Override
    public T put(String key, T object) {
        int slash = key.indexOf('/');
        String namespace = key.substring(0, slash);
        String name = key.substring(slash + 1);
        T now = trim.apply(object);
        T before = followers.change(
                () -> byNamespace
                        .computeIfAbsent(namespace, _ -> new ConcurrentHashMap<>())
                        .put(name, now),
                now);
        changed(namespace);
        return before;
    }

    @Override
    public T remove(String key) {
        int slash = key.indexOf('/');
        Map<String, T> names = byNamespace.get(key.substring(0, slash));
        String name = key.substring(slash + 1);
        T before = followers.change(() -> names == null ? null : names.remove(name), null);
        changed(key.substring(0, slash));
        return before;
    }

    @Override
    public T get(String key) {
        int slash = key.indexOf('/');
        return find(key.substring(0, slash), key.substring(slash + 1)).orElse(null);
    }

    @Override
    public Stream<String> keySet() {
        return byNamespace.entrySet().stream()
                .flatMap(e -> e.getValue().keySet().stream().map(name -> e.getKey() + "/" + name));
    }

    @Override
    public Stream<T> values() {
        return byNamespace.values().stream().flatMap(names -> names.values().stream());
    }

    @Override
    public int size() {
        return byNamespace.values().stream().mapToInt(Map::size).sum();
    }
}
