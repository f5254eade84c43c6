package io.telepresence.agent.udp;

import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The conversations of one port, those whose source spoke last at the end. There are never more than {@link #most}: a new
 * source takes the place of the one that has been silent longest, unless even that one spoke just now. On the listener's loop.
 */
final class Sources {
    /** Who spoke within that time is not silent; so a flood of sources makes so many conversations a second, not more. */
    static final Duration JUST_NOW = Duration.ofSeconds(1);

    private final int most;
    private final Map<InetSocketAddress, Conversation> conversations = new LinkedHashMap<>(16, 0.75f, true);

    Sources(int most) {
        this.most = most;
    }

    /** Null: it has none. */
    Conversation get(InetSocketAddress source) {
        return conversations.get(source);
    }

    int size() {
        return conversations.size();
    }

    /** Whether another one has room now; it may have been made. */
    boolean makeRoom(long nowNanos) {
        if (conversations.size() < most) {
            return true;
        }
        Iterator<Conversation> oldest = conversations.values().iterator();
        Conversation silent = oldest.next();
        if (nowNanos - silent.lastNanos() < JUST_NOW.toNanos()) {
            return false;
        }
        oldest.remove();
        silent.close();
        return true;
    }

    void put(InetSocketAddress source, Conversation conversation) {
        conversations.put(source, conversation);
    }

    void end(InetSocketAddress source) {
        Conversation ended = conversations.remove(source);
        if (ended != null) {
            ended.close();
        }
    }

    /** Ends those without a datagram either way since then. */
    void endSilent(long sinceNanos) {
        conversations.values().removeIf(conversation -> {
            boolean over = sinceNanos - conversation.lastNanos() > 0;
            if (over) {
                conversation.close();
            }
            return over;
        });
    }

    void endAll() {
        conversations.values().forEach(Conversation::close);
        conversations.clear();
    }
}
