package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;

/** A kind that is not watched. */
final class NoStore<T extends HasMetadata> implements Store<T> {
    @Override
    public List<T> all() {
        return List.of();
    }

    @Override
    public List<T> in(String namespace) {
        return List.of();
    }

    @Override
    public Optional<T> get(String namespace, String name) {
        return Optional.empty();
    }

    @Override
    public long version(String namespace) {
        return 0;
    }

    @Override
    public AutoCloseable follow(Follower<? super T> follower) {
        return () -> {};
    }

    @Override
    public AutoCloseable watch(Runnable changed) {
        return () -> {};
    }
}
