package io.telepresence.agent.sftp;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashMap;
import java.util.Map;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Files and directories that a client has opened; one thread. */
final class Handles implements AutoCloseable {
    static final int MOST = 1024;
    private static final Logger LOG = LoggerFactory.getLogger(Handles.class);

    private final Map<Integer, Closeable> open = new HashMap<>();
    private int last;

    /** @throws Refused if there are too many; ask before opening */
    void room() throws Refused {
        if (open.size() >= MOST) {
            throw Refused.failure("more than " + MOST + " files are open");
        }
    }

    int add(Closeable opened) {
        do {
            last++;
        } while (open.containsKey(last));
        open.put(last, opened);
        return last;
    }

    /** @throws Refused if there is no such handle, or it is of another kind */
    <T extends Closeable> T get(ByteBuffer handle, Class<T> kind) throws Refused {
        Closeable found = handle.remaining() == 4 ? open.get(handle.getInt(handle.position())) : null;
        if (!kind.isInstance(found)) {
            throw Refused.failure("no such handle");
        }
        return kind.cast(found);
    }

    void close(ByteBuffer handle) throws IOException {
        get(handle, Closeable.class);
        open.remove(handle.getInt(handle.position())).close();
    }

    @Override
    public void close() {
        open.values().forEach(one -> {
            try {
                one.close();
            } catch (IOException e) {
                LOG.debug("closing what a client left open", e);
            }
        });
        open.clear();
    }
}
