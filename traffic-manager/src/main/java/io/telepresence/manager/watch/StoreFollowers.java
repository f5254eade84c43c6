package io.telepresence.manager.watch;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import java.util.stream.Stream;

/** Those who follow a store. A change and the word of it are one: nobody misses one or hears of it twice. Thread-safe. */
final class StoreFollowers<T> {
    private final List<Store.Follower<? super T>> all = new ArrayList<>();

    /** @param present what is there: told as if it came now */
    synchronized AutoCloseable add(Store.Follower<? super T> follower, Supplier<Stream<T>> present) {
        present.get().forEach(object -> follower.changed(null, object));
        all.add(follower);
        return () -> remove(follower);
    }

    private synchronized void remove(Store.Follower<? super T> follower) {
        all.remove(follower);
    }

    /**
     * Makes a change, and tells of it.
     *
     * @param change gives what was there before; null: nothing
     * @param now null: it is gone
     */
    synchronized T change(Supplier<T> change, T now) {
        T before = change.get();
        if (before != null || now != null) {
            all.forEach(follower -> follower.changed(before, now));
        }
        return before;
    }
}
