package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;

/** Objects of an older version of a kind, shown as those of a newer one. They are converted whenever somebody asks. */
record ConvertedStore<O extends HasMetadata, T extends HasMetadata>(Store<O> older, Function<O, T> convert)
        implements Store<T> {
    @Override
    public List<T> all() {
        return older.all().stream().map(convert).toList();
    }

    @Override
    public List<T> in(String namespace) {
        return older.in(namespace).stream().map(convert).toList();
    }

    @Override
    public Optional<T> get(String namespace, String name) {
        return older.get(namespace, name).map(convert);
    }

    @Override
    public long version(String namespace) {
        return older.version(namespace);
    }

    @Override
    public AutoCloseable follow(Follower<? super T> follower) {
        return older.follow((before, now) -> follower.changed(converted(before), converted(now)));
    }

    private T converted(O object) {
        return object == null ? null : convert.apply(object);
    }

    @Override
    public AutoCloseable watch(Runnable changed) {
        return older.watch(changed);
    }
}
