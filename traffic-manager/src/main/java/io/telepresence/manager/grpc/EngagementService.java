package io.telepresence.manager.grpc;

import io.grpc.stub.StreamObserver;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.TrafficCount;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.lifecycle.CreateEngagement;
import io.telepresence.manager.report.RouteExplainer;
import io.telepresence.manager.report.TrafficStats;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.manager.DisengageRequest;
import io.telepresence.rpc.manager.EngageProgress;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.Explanation;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.manager.WorkloadQuery;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Clients engage workloads, and see what is engaged. */
public final class EngagementService {
    private final SessionRegistry sessions;
    private final EngagementRegistry engagements;
    private final CreateEngagement createEngagement;
    private final ListedWorkloads list;
    private final TrafficStats stats;
    private final RouteExplainer explainer;
    private final Duration arrival;

    /** @param arrival how long to wait for agents where the client does not say */
    public EngagementService(
            SessionRegistry sessions,
            EngagementRegistry engagements,
            CreateEngagement createEngagement,
            WorkloadList list,
            TrafficStats stats,
            RouteExplainer explainer,
            Rights rights,
            Duration arrival) {
        this.sessions = sessions;
        this.engagements = engagements;
        this.createEngagement = createEngagement;
        this.list = new ListedWorkloads(list, rights, ListedWorkloads.ASKED_APART);
        this.stats = stats;
        this.explainer = explainer;
        this.arrival = arrival;
    }

    void engage(EngageRequest request, StreamObserver<EngageProgress> out) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, request.getSessionId());
        EngagementSpec spec = EngagementCodec.spec(request.getSpec());
        Duration limit = request.getTimeoutMs() == 0 ? arrival : Duration.ofMillis(request.getTimeoutMs());
        WatchStream<EngageProgress> stream = WatchStream.open(out, client);
        Thread work = Threads.virtual("engage-" + spec.name(), () -> engage(client, spec, limit, stream));
        stream.closeAtEnd(work::interrupt);
    }

    private void engage(ClientSession client, EngagementSpec spec, Duration limit, WatchStream<EngageProgress> stream) {
        try {
            RegisteredEngagement active = createEngagement.engage(client, spec, limit, new Told(stream));
            stream.send(EngageProgress.newBuilder()
                    .setEngagement(EngagementCodec.toWire(active.reported()))
                    .build());
            stream.complete();
        } catch (InterruptedException e) {
            stream.fail(Fault.user("the engagement was cancelled", "").exception());
        } catch (FaultException | RuntimeException e) {
            stream.fail(e);
        }
    }

    /** Passes on what happens while a user waits. */
    private record Told(WatchStream<EngageProgress> stream) implements CreateEngagement.Progress {
        @Override
        public void waiting(String sentence) {
            stream.send(EngageProgress.newBuilder().setWaiting(sentence).build());
        }

        @Override
        public void reserved(RegisteredEngagement engagement) {
            stream.send(EngageProgress.newBuilder()
                    .setReserved(EngagementCodec.toWire(engagement.reported()))
                    .build());
        }
    }

    /** Blocks until a replaced container is back. */
    Empty disengage(DisengageRequest request) throws FaultException, InterruptedException {
        ClientSession client = GrpcAnswers.client(sessions, request.getSessionId());
        Optional<RegisteredEngagement> engagement = engagements.find(client, request.getName());
        if (engagement.isEmpty()) {
            throw Fault.user("there is no engagement named \"" + request.getName() + "\"", "See: telepresence list")
                    .exception();
        }
        createEngagement.end(engagement.get());
        return Empty.getDefaultInstance();
    }

    void watchEngagements(SessionRef ref, StreamObserver<EngagementSnapshot> out) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, ref.getSessionId());
        WatchStream<EngagementSnapshot> stream = WatchStream.latest(out, client);
        CountedSnapshots own = new CountedSnapshots(stream, stats);
        stream.closeAtEnd(engagements.all().watch(all -> own.next(EngagementRegistry.of(all, client))));
        stream.closeAtEnd(stats.watch(own::counted));
    }

    WorkloadSnapshot list(WorkloadQuery query) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, query.getSessionId());
        return list.now(client.person(), namespaces(client, query));
    }

    void watchWorkloads(WorkloadQuery query, StreamObserver<WorkloadSnapshot> out) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, query.getSessionId());
        WatchStream<WorkloadSnapshot> stream = WatchStream.latest(out, client);
        // What he may see is asked of the API server.
        Thread work = Threads.virtual("watch-workloads-of-client", () -> {
            try {
                list.watch(client::person, namespaces(client, query), stream::send, stream::closeAtEnd);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            } catch (FaultException | RuntimeException e) {
                stream.fail(e);
            }
        });
        stream.closeAtEnd(work::interrupt);
    }

    private static List<String> namespaces(ClientSession client, WorkloadQuery query) {
        return query.getNamespacesCount() == 0 ? List.of(client.client().namespace()) : query.getNamespacesList();
    }

    Explanation explain(ExplainRequest request) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, request.getSessionId());
        RouteExplainer.Question question =
                TrafficTranslator.fromWire(request, client.client().namespace());
        return TrafficTranslator.toWire(explainer.explain(client.person(), question), stats.counts());
    }

    /** Sends a snapshot with counts only if it differs from the last one. Any thread; takes no lock but its own. */
    private static final class CountedSnapshots {
        private final WatchStream<EngagementSnapshot> stream;
        private final TrafficStats stats;
        private List<RegisteredEngagement> engagements = List.of();
        private EngagementSnapshot last;

        CountedSnapshots(WatchStream<EngagementSnapshot> stream, TrafficStats stats) {
            this.stream = stream;
            this.stats = stats;
        }

        synchronized void next(List<RegisteredEngagement> now) {
            engagements = now;
            counted();
        }

        synchronized void counted() {
            Map<String, TrafficCount> counts = stats.counts();
            EngagementSnapshot now = EngagementCodec.snapshot(
                    engagements.stream().map(e -> e.reported(counts)).toList());
            if (!now.equals(last)) {
                last = now;
                stream.send(now);
            }
        }
    }

    /** Sends a snapshot only if it differs from the last one. */
    static final class OwnSnapshots {
        private final WatchStream<EngagementSnapshot> stream;
        private List<RegisteredEngagement> last;

        OwnSnapshots(WatchStream<EngagementSnapshot> stream) {
            this.stream = stream;
        }

        /** Called by one thread at a time, in order. */
        void next(List<RegisteredEngagement> now) {
            if (!now.equals(last)) {
                last = now;
                stream.send(EngagementCodec.snapshot(
                        now.stream().map(RegisteredEngagement::reported).toList()));
            }
        }
    }
}
