package io.telepresence.manager.lease;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.agree.AgentNames;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.util.Objects;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The lease that one manager of an installation holds while it serves, by the name and uid of its pod. A manager that does not
 * get it waits and is not ready. It is taken over when its holder gives it back, when the holder's pod is gone, and when
 * it has not been renewed for {@link #DURATION}; a container that starts again in the same pod goes on with it.
 *
 * <p>While the API server is away nobody can take it over, so its holder serves on; it ends as soon as it sees that
 * another one holds it. A manager that may not read or write leases serves without. One thread renews it.
 */
public final class ManagerLease implements AutoCloseable {
    static final String NAME = AgentNames.MANAGER_APP;
    static final Duration DURATION = Duration.ofSeconds(15);

    private static final Logger LOG = LoggerFactory.getLogger(ManagerLease.class);
    private static final Duration TRY = Duration.ofSeconds(1);
    private static final Duration RENEW = Duration.ofSeconds(2);
    private static final int FORBIDDEN = 403;
    private static final int CONFLICT = 409;

    private final LeaseApi api;
    private final String self;
    private final LongSupplier nanos;
    private Thread renewal;
    /** What a waiting manager has seen last, and since when. */
    private Lease seen;

    private long seenSince;

    /** What one look comes to. */
    enum Look {
        HELD,
        /** Another one holds it. */
        OTHERS,
        /** This manager may not ask. */
        FORBIDDEN
    }

    ManagerLease(LeaseApi api, String self, LongSupplier nanos) {
        this.api = api;
        this.self = self;
        this.nanos = nanos;
    }

    /**
     * Blocks until this manager is the one that serves.
     *
     * @param pod name of the manager's own; empty where it is not known, then nothing is waited for
     * @param uid of that pod
     * @param lost runs once, if another one holds the lease from now on: this manager must end
     */
    public static ManagerLease await(KubernetesClient client, String namespace, String pod, String uid, Runnable lost)
            throws InterruptedException {
        ManagerLease lease = new ManagerLease(
                new ClusterLease(client, namespace), new LeaseHolder(pod, uid).toString(), System::nanoTime);
        Look look = pod.isEmpty() ? Look.FORBIDDEN : lease.acquire();
        if (look == Look.HELD) {
            lease.renewal = Threads.virtual("lease", () -> lease.renew(lost));
        }
        return lease;
    }

    private Look acquire() throws InterruptedException {
        boolean told = false;
        while (true) {
            try {
                Look look = look();
                if (look != Look.OTHERS) {
                    return look;
                }
                if (!told) {
                    told = true;
                    LOG.info("another traffic-manager holds the lease {}: waiting for it, and serving nothing", NAME);
                }
            } catch (KubernetesClientException e) {
                LOG.info("the lease {} cannot be had yet: {}", NAME, e.getMessage());
            }
            Thread.sleep(TRY);
        }
    }

    private void renew(Runnable lost) {
        try {
            while (true) {
                Thread.sleep(RENEW);
                try {
                    Look look = look();
                    if (look == Look.FORBIDDEN) {
                        return;
                    }
                    if (look == Look.OTHERS) {
                        LOG.error("another traffic-manager holds the lease {}: this one ends", NAME);
                        lost.run();
                        return;
                    }
                } catch (KubernetesClientException e) {
                    LOG.info("the lease {} is not renewed: {}", NAME, e.getMessage());
                }
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** Takes or renews it where that is possible. Blocks for API calls; fails where these do. */
    Look look() {
        try {
            Lease now = api.get().orElse(null);
            if (now == null) {
                api.create(heldBySelf(new LeaseBuilder()
                        .withNewMetadata()
                        .withName(NAME)
                        .endMetadata()
                        .build()));
                return Look.HELD;
            }
            if (!free(now)) {
                return Look.OTHERS;
            }
            api.update(heldBySelf(now));
            return Look.HELD;
        } catch (KubernetesClientException e) {
            if (e.getCode() == CONFLICT) {
                return Look.OTHERS;
            }
            if (e.getCode() == FORBIDDEN) {
                LOG.warn("this traffic-manager may not use the lease {}: it does not notice a second one", NAME, e);
                return Look.FORBIDDEN;
            }
            throw e;
        }
    }

    /** It is nobody's, ours already, or its holder is not there any more. */
    private boolean free(Lease now) {
        String holder = holder(now);
        if (holder.isEmpty() || holder.equals(self)) {
            return true;
        }
        boolean same = seen != null
                && holder.equals(holder(seen))
                && Objects.equals(seen.getSpec().getRenewTime(), now.getSpec().getRenewTime());
        if (!same) {
            seen = now;
            seenSince = nanos.getAsLong();
        }
        return nanos.getAsLong() - seenSince >= DURATION.toNanos() || api.podGone(holder);
    }

    private Lease heldBySelf(Lease lease) {
        return held(lease, self);
    }

    private static Lease held(Lease lease, String holder) {
        return new LeaseBuilder(lease)
                .editOrNewSpec()
                .withHolderIdentity(holder)
                .withLeaseDurationSeconds((int) DURATION.toSeconds())
                .withRenewTime(ZonedDateTime.now(ZoneOffset.UTC))
                .endSpec()
                .build();
    }

    private static String holder(Lease lease) {
        return lease.getSpec() == null
                ? ""
                : Objects.requireNonNullElse(lease.getSpec().getHolderIdentity(), "");
    }

    /** Gives it back, so that the next one need not wait. */
    @Override
    public void close() {
        if (renewal != null) {
            renewal.interrupt();
            release();
        }
    }

    void release() {
        try {
            api.get().filter(lease -> holder(lease).equals(self)).ifPresent(lease -> api.update(held(lease, "")));
        } catch (KubernetesClientException e) {
            LOG.info("the lease {} is not given back: {}", NAME, e.getMessage());
        }
    }
}
