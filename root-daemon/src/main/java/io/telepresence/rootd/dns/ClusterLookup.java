package io.telepresence.rootd.dns;

import java.util.concurrent.CompletionStage;

/** Asks the cluster's resolver. Must not block; may be called from any thread. */
@FunctionalInterface
public interface ClusterLookup {
    /** @return fails if the cluster cannot be asked or is silent for too long */
    CompletionStage<LookupAnswer> lookup(String name, int type);
}
