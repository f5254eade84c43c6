package io.telepresence.agent.manager;

import io.grpc.ClientInterceptor;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.telepresence.agent.report.TrafficReport;
import io.telepresence.agent.route.RouteTable;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.Port;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.agent.AgentArrival;
import io.telepresence.rpc.agent.AgentGateGrpc;
import io.telepresence.rpc.agent.AgentSession;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.manager.RemainReply;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.run.Backoff;
import io.telepresence.run.Threads;
import io.telepresence.run.Watched;
import io.telepresence.tunnel.grpc.Carrier;
import io.telepresence.tunnel.pool.Carriers;
import io.telepresence.tunnel.pool.TunnelClient;
import java.net.SocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The session with the manager. One virtual thread owns it: AWAY → arrive → PRESENT → (link lost, session forgotten,
 * watch ended) → AWAY, with growing waits, until closed. While AWAY there are no rules, so that new connections reach
 * the app instead of a tunnel that may be dead; what was engaged before must be told anew by the manager.
 */
public final class ManagerClient implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ManagerClient.class);
    private static final Metadata.Key<String> AUTHORIZATION =
            Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
    private static final Duration CALL_LIMIT = Duration.ofSeconds(5);
    private static final int FLOW_CARRIERS = 1;
    private static final Set<Status.Code> LOST =
            Set.of(Status.Code.UNAVAILABLE, Status.Code.DEADLINE_EXCEEDED, Status.Code.CANCELLED, Status.Code.UNKNOWN);

    private final Settings settings;
    private final TrafficReport report;
    private final Consumer<PodAccessCall> reaches;
    private final Supplier<Map<Port, String>> sealed;
    private final Watched<RouteTable> rules = new Watched<>(RouteTable.NONE);
    private final CountDownLatch closed = new CountDownLatch(1);
    private final Backoff backoff = new Backoff(Duration.ofMillis(200), Duration.ofSeconds(5));
    private final CompletableFuture<Void> told = new CompletableFuture<>();
    private final Heartbeats heartbeats = new Heartbeats();
    private volatile String session = "";
    private volatile Map<String, Map<String, String>> metadata = Map.of();
    private volatile Presence presence = new Presence("");
    private Carriers carriers;

    /**
     * What the link needs to know.
     *
     * @param manager the manager's agent port; unresolved names are looked up at every connect
     * @param arrival how this agent presents itself
     * @param token read anew at each arrival, because it rotates
     * @param logLevel hears of the level in force; must be quick
     * @param grace hears what the deletion of this pod grants it, at each heartbeat from then on; must be quick
     * @param patience how long a laptop may take to dial
     */
    public record Settings(
            SocketAddress manager,
            AgentArrival arrival,
            TokenSource token,
            Consumer<LogLevelRequest> logLevel,
            Consumer<Duration> grace,
            Duration patience) {}

    /** Where the service account token comes from. */
    @FunctionalInterface
    public interface TokenSource {
        String read() throws Exception;
    }

    private ManagerClient(
            Settings settings,
            TrafficReport report,
            Consumer<PodAccessCall> reaches,
            Supplier<Map<Port, String>> sealed) {
        this.settings = settings;
        this.report = report;
        this.reaches = reaches;
        this.sealed = sealed;
    }

    /**
     * Starts to seek the manager; does not wait for it.
     *
     * @param report what heartbeats tell
     * @param reaches is given what clients want inside this pod; must not block
     * @param sealed ports whose TLS is passed on unopened although it should not be, and why, as a clause; must be quick
     */
    public static ManagerClient open(
            Settings settings,
            TrafficReport report,
            Consumer<PodAccessCall> reaches,
            Supplier<Map<Port, String>> sealed) {
        ManagerClient link = new ManagerClient(settings, report, reaches, sealed);
        link.carriers = Carriers.open("manager", settings.manager(), FLOW_CARRIERS, link::beat);
        link.carriers.up().watch(link::upChanged);
        Threads.virtual("manager-link", link::run);
        return link;
    }

    /** The rules in force; {@link RouteTable#NONE} whenever the manager is not there. */
    public Watched<RouteTable> rules() {
        return rules;
    }

    /** Completes when the manager has told the rules for the first time, on the thread that heard of it. */
    public CompletableFuture<Void> told() {
        return told.copy();
    }

    /** What the user said of an engagement; empty: nothing. */
    public Map<String, String> metadata(String engagementId) {
        return metadata.getOrDefault(engagementId, Map.of());
    }

    public ClientFlows clientFlows() {
        return new ClientFlows(new TunnelClient(carriers::pick, () -> session), settings.patience());
    }

    /** The session id; empty until the first arrival. */
    public String session() {
        return session;
    }

    /** Flows to laptops that are open now. */
    public int flows() {
        return carriers.flows();
    }

    /** Departs, if the manager is there, and cuts every flow; takes a few seconds at most. */
    @Override
    public void close() {
        closed.countDown();
        Presence last = presence;
        if (last.holds()) {
            try {
                AgentGateGrpc.newBlockingStub(carriers.control().channel())
                        .withDeadlineAfter(1, TimeUnit.SECONDS)
                        .depart(reference(last.session));
            } catch (RuntimeException e) {
                LOG.debug("departing: {}", FaultStatus.of(e).text());
            }
        }
        last.end("closed");
        carriers.close();
    }

    private void run() {
        while (closed.getCount() > 0) {
            try {
                Presence present = arrive();
                backoff.reset();
                String why = present.over.join();
                LOG.info("lost the traffic-manager: {}", why);
            } catch (Exception e) {
                LOG.info(
                        "cannot arrive at the traffic-manager: {}",
                        FaultStatus.of(e).text());
            }
            rest();
        }
    }

    private void rest() {
        try {
            if (closed.await(backoff.next().toMillis(), TimeUnit.MILLISECONDS)) {
                LOG.debug("manager link closed");
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private Presence arrive() throws Exception {
        Carrier control = carriers.control();
        ManagedChannel channel = control.channel();
        channel.resetConnectBackoff();
        AgentSession answer = AgentGateGrpc.newBlockingStub(channel)
                .withInterceptors(bearer(settings.token().read()))
                .withDeadlineAfter(CALL_LIMIT.toMillis(), TimeUnit.MILLISECONDS)
                .arriveAsAgent(settings.arrival().toBuilder()
                        .setResumeSessionId(session)
                        .addAllSealed(BeatTranslator.sealed(sealed.get()))
                        .build());
        session = answer.getSessionId();
        heartbeats.arrived();
        Presence present = new Presence(session);
        presence = present;
        LOG.info("arrived at the traffic-manager {}", answer.getVersion().getVersion());
        carriers.pick().channel().resetConnectBackoff();
        watch(channel, present);
        // Rules lead callers to laptops, and make a pod ready: not before there is a way for them.
        CompletableFuture.anyOf(carriers.answers(), present.over).join();
        if (present.holds()) {
            watchEngagements(channel, present);
        }
        return present;
    }

    private void watch(ManagedChannel channel, Presence present) {
        AgentGateGrpc.AgentGateStub gate = AgentGateGrpc.newStub(channel);
        SessionRef reference = reference(present.session);
        gate.watchReaches(reference, new Watching<>(present, request -> {
            // What was asked of a session that is over, nobody waits for any more.
            if (present.holds()) {
                reaches.accept(
                        PodAccessCall.fromWire(request, new TunnelClient(carriers::pick, () -> present.session)));
            }
        }));
        gate.watchLogLevel(reference, new Watching<>(present, settings.logLevel()));
    }

    private void watchEngagements(ManagedChannel channel, Presence present) {
        AgentGateGrpc.newStub(channel)
                .watchEngagements(reference(present.session), new Watching<>(present, snapshot -> {
                    List<Engagement> engagements = EngagementCodec.engagements(snapshot);
                    RouteTable next = EngagementTranslator.rules(engagements);
                    LOG.info("engaged ports: {}", next.ports().keySet());
                    report.engaged(EngagementTranslator.ids(engagements));
                    metadata = EngagementTranslator.metadata(engagements);
                    setRules(present, next);
                }));
    }

    /** Rules of a presence that is over must not come back. */
    private void setRules(Presence of, RouteTable next) {
        synchronized (rules) {
            if (of.holds()) {
                rules.set(next);
            }
        }
        told.complete(null);
    }

    private void beat(ManagedChannel channel, Duration deadline) {
        Presence present = presence;
        TrafficReport.Batch batch = report.take();
        boolean told = false;
        try {
            RemainReply reply = heartbeats.beat(
                    channel,
                    BeatTranslator.toWire(present.session, settings.arrival().getPodName(), batch, sealed.get()),
                    deadline);
            if (reply.getGraceSeconds() > 0) {
                settings.grace().accept(Duration.ofSeconds(reply.getGraceSeconds()));
            }
            boolean known = reply.getKnown();
            told = known;
            if (!known) {
                present.end("it does not know this session");
            }
        } catch (StatusRuntimeException e) {
            if (LOST.contains(e.getStatus().getCode())) {
                throw e;
            }
            // It answers, and does not want us: the way is open, but the session is over.
            present.end(FaultStatus.of(e).text());
        } finally {
            if (told) {
                report.told(batch);
            } else {
                report.putBack(batch);
            }
        }
    }

    private void upChanged(boolean up) {
        if (!up) {
            presence.end("it does not answer heartbeats");
        }
    }

    private static SessionRef reference(String session) {
        return SessionRef.newBuilder().setSessionId(session).build();
    }

    private static ClientInterceptor bearer(String token) {
        Metadata headers = new Metadata();
        headers.put(AUTHORIZATION, "Bearer " + token.strip());
        return MetadataUtils.newAttachHeadersInterceptor(headers);
    }

    /** One stay with the manager, from an arrival until something ends it. */
    private final class Presence {
        private final String session;
        private final CompletableFuture<String> over = new CompletableFuture<>();

        Presence(String session) {
            this.session = session;
            if (session.isEmpty()) {
                over.complete("not arrived yet");
            }
        }

        boolean holds() {
            return !over.isDone();
        }

        void end(String why) {
            synchronized (rules) {
                if (over.complete(why)) {
                    rules.set(RouteTable.NONE);
                }
            }
        }
    }

    /** Hands on what a watch brings; its end ends the presence. */
    private static final class Watching<T> implements StreamObserver<T> {
        private final Presence present;
        private final Consumer<? super T> changed;

        Watching(Presence present, Consumer<? super T> changed) {
            this.present = present;
            this.changed = changed;
        }

        @Override
        public void onNext(T value) {
            changed.accept(value);
        }

        @Override
        public void onError(Throwable error) {
            present.end(FaultStatus.of(error).text());
        }

        @Override
        public void onCompleted() {
            present.end("it ended a watch");
        }
    }
}
