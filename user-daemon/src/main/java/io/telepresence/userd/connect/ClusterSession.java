package io.telepresence.userd.connect;

import io.telepresence.rpc.common.VersionInfo;
import io.telepresence.rpc.manager.ClusterInfo;
import io.telepresence.run.Closers;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import io.telepresence.userd.apiserver.ApiServer;
import io.telepresence.userd.apiserver.ManagerPods;
import io.telepresence.userd.config.ClientConfig;
import io.telepresence.userd.engage.ClientEngagements;
import io.telepresence.userd.engage.EngagementLifecycle;
import io.telepresence.userd.identity.Prover;
import io.telepresence.userd.manager.ManagerSession;
import io.telepresence.userd.rootd.RootDaemonClient;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The running connection. Its parts mend themselves; closing ends them in order, and takes at most five seconds.
 *
 * @param prover tells the manager who the user is
 * @param pods where the manager runs
 * @param cluster what the manager says of the cluster now
 * @param facts what does not change while it lives
 * @param closers ends the others, and what else lives as long as the connection
 */
public record ClusterSession(
        ApiServer server,
        ManagerSession link,
        RootDaemonClient root,
        ClientEngagements engagements,
        EngagementLifecycle engaging,
        Prover prover,
        ManagerPods pods,
        Watched<ClusterInfo> cluster,
        Facts facts,
        Closers closers)
        implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ClusterSession.class);
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    /**
     * @param mapped namespaces that the user mapped; empty: all. Another connect may change it
     * @param warnings what the user should hear of
     */
    public record Facts(
            String name,
            String server,
            String context,
            String namespace,
            String managerNamespace,
            Watched<List<String>> mapped,
            ClientConfig config,
            VersionInfo manager,
            List<String> warnings,
            List<Phase> phases) {}

    public record Phase(String name, int millis) {}

    @Override
    public void close() {
        CountDownLatch done = new CountDownLatch(1);
        Threads.virtual("close-session", () -> {
            try {
                closers.close();
            } catch (Exception e) {
                LOG.warn("closing the session", e);
            } finally {
                done.countDown();
            }
        });
        try {
            if (!done.await(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.warn("the session is not closed after {} s; going on without", PATIENCE.toSeconds());
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
