package io.telepresence.manager.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.coordination.v1.Lease;
import io.fabric8.kubernetes.api.model.coordination.v1.LeaseBuilder;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.lease.ManagerLease.Look;
import java.time.Duration;
import java.util.HashSet;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;

/** One manager serves at a time. */
class ManagerLeaseTest {
    private final Server server = new Server();
    private final AtomicLong nanos = new AtomicLong(Long.MAX_VALUE - 1000);
    private final ManagerLease first = new ManagerLease(server, "manager-1", nanos::get);
    private final ManagerLease second = new ManagerLease(server, "manager-2", nanos::get);

    /** The API server, with one lease, which is changed only by who has seen its last version. */
    private static final class Server implements LeaseApi {
        final Set<String> pods = new HashSet<>(Set.of("manager-1", "manager-2"));
        Lease lease;
        int version;
        int refusal;

        @Override
        public Optional<Lease> get() {
            refuse();
            return Optional.ofNullable(lease);
        }

        @Override
        public void create(Lease created) {
            if (lease != null) {
                throw failed(409);
            }
            put(created);
        }

        @Override
        public void update(Lease changed) {
            refuse();
            if (!lease.getMetadata()
                    .getResourceVersion()
                    .equals(changed.getMetadata().getResourceVersion())) {
                throw failed(409);
            }
            put(changed);
        }

        private void put(Lease next) {
            lease = new LeaseBuilder(next)
                    .editMetadata()
                    .withResourceVersion("" + ++version)
                    .endMetadata()
                    .build();
        }

        private void refuse() {
            if (refusal != 0) {
                throw failed(refusal);
            }
        }

        private static KubernetesClientException failed(int code) {
            return new KubernetesClientException("refused", code, null);
        }

        @Override
        public boolean podGone(String name) {
            return !pods.contains(name);
        }
    }

    private void pass(Duration time) {
        nanos.addAndGet(time.toNanos());
    }

    @Test
    void theSecondWaitsAsLongAsTheFirstRenews() {
        assertEquals(Look.HELD, first.look());
        for (int i = 0; i < 20; i++) {
            assertEquals(Look.OTHERS, second.look());
            pass(Duration.ofSeconds(2));
            assertEquals(Look.HELD, first.look());
        }
    }

    @Test
    void whoIsSilentLosesItAndSeesThat() {
        assertEquals(Look.HELD, first.look());
        assertEquals(Look.OTHERS, second.look());
        pass(ManagerLease.DURATION.minusMillis(1));
        assertEquals(Look.OTHERS, second.look());
        pass(Duration.ofMillis(1));
        assertEquals(Look.HELD, second.look());
        assertEquals(Look.OTHERS, first.look());
    }

    @Test
    void whatIsGivenBackIsTakenAtOnce() {
        first.look();
        second.release();
        assertEquals(Look.OTHERS, second.look());
        first.release();
        assertEquals(Look.HELD, second.look());
    }

    @Test
    void aHolderWhosePodIsGoneIsNotWaitedFor() {
        first.look();
        server.pods.remove("manager-1");
        assertEquals(Look.HELD, second.look());
    }

    @Test
    void aContainerThatStartsAgainGoesOn() {
        first.look();
        assertEquals(Look.HELD, new ManagerLease(server, "manager-1", nanos::get).look());
    }

    @Test
    void ofTwoThatTakeItAtOnceOneGetsIt() {
        server.lease = new LeaseBuilder()
                .withNewMetadata()
                .withName("traffic-manager")
                .withResourceVersion("0")
                .endMetadata()
                .build();
        LeaseApi stale = new LeaseApi() {
            private final Lease before = server.lease;

            @Override
            public Optional<Lease> get() {
                return Optional.of(before);
            }

            @Override
            public void create(Lease lease) {
                server.create(lease);
            }

            @Override
            public void update(Lease lease) {
                server.update(lease);
            }

            @Override
            public boolean podGone(String name) {
                return false;
            }
        };
        assertEquals(Look.HELD, first.look());
        assertEquals(Look.OTHERS, new ManagerLease(stale, "manager-2", nanos::get).look());
    }

    @Test
    void whoMayNotAskServesWithout() {
        server.refusal = 403;
        assertEquals(Look.FORBIDDEN, first.look());
    }
}
