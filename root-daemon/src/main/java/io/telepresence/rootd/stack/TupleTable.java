package io.telepresence.rootd.stack;

import io.telepresence.rootd.ip.Tuple;
import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Consumer;

/**
 * A hash table from 4-tuples to {@code E}. Looking up takes no lock and makes no garbage, so that the packet reader may
 * do it for each packet; changes are made under the table's lock, from any thread.
 */
final class TupleTable<E> {
    private static final int BUCKETS = 1 << 14;

    private final AtomicReferenceArray<Node<E>> buckets = new AtomicReferenceArray<>(BUCKETS);
    private volatile int size;

    /** A removed node keeps its {@code next}: a reader that stands on it finds its way on. */
    private static final class Node<E> {
        final Tuple key;
        final E value;
        volatile Node<E> next;

        Node(Tuple key, E value, Node<E> next) {
            this.key = key;
            this.value = value;
            this.next = next;
        }
    }

    private static int bucket(Tuple key) {
        return key.hashCode() & BUCKETS - 1;
    }

    /** The value, or null. */
    E get(Tuple key) {
        for (Node<E> node = buckets.get(bucket(key)); node != null; node = node.next) {
            if (node.key.equals(key)) {
                return node.value;
            }
        }
        return null;
    }

    /** Puts {@code value} in the place of whatever was there. */
    synchronized void put(Tuple key, E value) {
        int bucket = bucket(key);
        unlink(bucket, key, null);
        buckets.set(bucket, new Node<>(key, value, buckets.get(bucket)));
        size++;
    }

    /** Takes the entry out if it still has this very value. */
    synchronized void remove(Tuple key, E value) {
        unlink(bucket(key), key, value);
    }

    /** @param value null: whatever the value is */
    private void unlink(int bucket, Tuple key, E value) {
        Node<E> before = null;
        for (Node<E> node = buckets.get(bucket); node != null; before = node, node = node.next) {
            if (!node.key.equals(key)) {
                continue;
            }
            if (value == null || node.value == value) {
                size--;
                if (before == null) {
                    buckets.set(bucket, node.next);
                } else {
                    before.next = node.next;
                }
            }
            return;
        }
    }

    int size() {
        return size;
    }

    /** Visits all; what is added or removed meanwhile may be seen or not. */
    void forEach(Consumer<? super E> visitor) {
        for (int i = 0; i < BUCKETS; i++) {
            for (Node<E> node = buckets.get(i); node != null; node = node.next) {
                visitor.accept(node.value);
            }
        }
    }
}
