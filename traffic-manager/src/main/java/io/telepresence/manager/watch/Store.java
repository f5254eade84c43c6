package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.HasMetadata;
import java.util.List;
import java.util.Optional;

/** The present objects of one kind, kept up to date by a watch. Any thread; never waits for the API server. */
public interface Store<T extends HasMetadata> {
    /** All of them within the managed namespaces. */
    List<T> all();

    /** Those of one namespace; empty where the namespace is not managed. */
    List<T> in(String namespace);

    /** @param namespace empty for kinds that have none */
    Optional<T> get(String namespace, String name);

    /**
     * A number that grows with each change in that namespace, after the change can be seen and before watchers hear of
     * it: what was found out after asking for it holds as long as it stays the same.
     */
    long version(String namespace);

    /** Calls {@code changed} after each change, on the watch's thread: it must be quick. Until the result is closed. */
    AutoCloseable watch(Runnable changed);

    /** Hears of each change of one object. */
    @FunctionalInterface
    interface Follower<T> {
        /**
         * On the watch's thread, one at a time: it must be quick and ask this store nothing.
         *
         * @param before null: it is new
         * @param now null: it is gone
         */
        void changed(T before, T now);
    }

    /**
     * Tells of all objects that are there, as new ones, and then of each change in its order, before {@link #version}
     * grows by it. Until the result is closed.
     */
    AutoCloseable follow(Follower<? super T> follower);
}
