package io.telepresence.rootd.dns;

import java.util.concurrent.CompletableFuture;

/** The resolver that this machine would ask without us. Must not block; may be called from any thread. */
public interface DnsForwarder {
    /**
     * Passes a question on as it is.
     *
     * @return the answer as it came; fails if none of the machine's nameservers answers
     */
    CompletableFuture<byte[]> ask(byte[] query, boolean overTcp);
}
