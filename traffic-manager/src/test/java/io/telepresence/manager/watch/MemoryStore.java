package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicLong;

/** A store that a test fills. */
public final class MemoryStore<T extends HasMetadata> implements Store<T> {
    private final Map<String, T> items = new ConcurrentSkipListMap<>();
    private final AtomicLong version = new AtomicLong();
    private final StoreFollowers<T> followers = new StoreFollowers<>();
    private final Set<Runnable> watchers = ConcurrentHashMap.newKeySet();

    public void put(T object) {
        followers.change(() -> items.put(key(object), object), object);
        version.incrementAndGet();
        watchers.forEach(Runnable::run);
    }

    public void remove(T object) {
        followers.change(() -> items.remove(key(object)), null);
        version.incrementAndGet();
        watchers.forEach(Runnable::run);
    }

    @Override
    public List<T> all() {
        return List.copyOf(items.values());
    }

    @Override
    public List<T> in(String namespace) {
        return items.values().stream()
                .filter(o -> namespace(o).equals(namespace))
                .toList();
    }

    @Override
    public Optional<T> get(String namespace, String name) {
        return Optional.ofNullable(items.get(namespace + "/" + name));
    }

    @Override
    public long version(String namespace) {
        return version.get();
    }

    @Override
    public AutoCloseable watch(Runnable changed) {
        watchers.add(changed);
        return () -> watchers.remove(changed);
    }

    @Override
    public AutoCloseable follow(Follower<? super T> follower) {
        return followers.add(follower, () -> items.values().stream());
    }

    private static String key(HasMetadata object) {
        return namespace(object) + "/" + object.getMetadata().getName();
    }

    private static String namespace(HasMetadata object) {
        return Objects.requireNonNullElse(object.getMetadata().getNamespace(), "");
    }
}
