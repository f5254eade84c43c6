package io.telepresence.run;

import java.util.Objects;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;

/**
 * A value that others can watch. A watcher gets the present value at once and then every later one, in order, on the
 * thread that made the change and under this object's lock: it must be quick, must not change the value itself and must
 * not ask another object like this one, or two watchers wait for each other for ever; who needs the values of several
 * has a {@link Coalesced} told. Setting an equal value tells nobody.
 */
public final class Watched<T> {
    private final Set<Consumer<? super T>> watchers = ConcurrentHashMap.newKeySet();
    private T value;

    public Watched(T value) {
        this.value = Objects.requireNonNull(value);
    }

    public synchronized T get() {
        return value;
    }

    public synchronized void set(T next) {
        if (!value.equals(next)) {
            value = Objects.requireNonNull(next);
            watchers.forEach(w -> w.accept(next));
        }
    }

    public synchronized T update(UnaryOperator<T> change) {
        set(change.apply(value));
        return value;
    }

    /** Watches until the result is closed. */
    public synchronized AutoCloseable watch(Consumer<? super T> watcher) {
        watcher.accept(value);
        watchers.add(watcher);
        return () -> watchers.remove(watcher);
    }
}
