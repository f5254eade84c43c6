package io.telepresence.userd.engage;

import io.grpc.Context;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.ClientEngagement;
import io.telepresence.rpc.connector.MountRequest;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.manager.DisengageRequest;
import io.telepresence.rpc.manager.EngageProgress;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.run.Threads;
import io.telepresence.userd.manager.ManagerSession;
import java.time.Duration;
import java.util.Iterator;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Starts and ends engagements: here, and at the manager. Thread-safe. */
public final class EngagementLifecycle implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(EngagementLifecycle.class);

    /** What the manager may take longer than asked: it counts anew while pods make progress, five times at most. */
    private static final int STRETCH = 5;

    private static final Duration GRACE = Duration.ofSeconds(5);
    private static final Duration CLOSING = Duration.ofSeconds(3);

    private final ManagerSession link;
    private final ClientEngagements engagements;
    private final EngagementResourcesFactory locals;
    private final Duration limit;

    /** @param limit the configured {@code timeouts.intercept} */
    public EngagementLifecycle(
            ManagerSession link, ClientEngagements engagements, EngagementResourcesFactory locals, Duration limit) {
        this.link = link;
        this.engagements = engagements;
        this.locals = locals;
        this.limit = limit;
    }

    /** What the user wants; {@code mapped}: namespaces that may be engaged, empty: all. */
    public record Request(EngagementSpec spec, MountRequest mount, List<String> mapped) {}

    /** Starts an engagement; blocks until it serves or cannot. */
    public ClientEngagement engage(Request request, Consumer<String> progress) throws FaultException {
        engagements.begin(request.spec(), request.mapped());
        try {
            EngagementResources local = locals.prepare(request.spec(), request.mount());
            Entry entry = established(request.spec(), local, progress);
            String trouble = local.start(() -> entry.told);
            if (!trouble.isEmpty()) {
                progress.accept(trouble);
            }
            return entry.local.shown(entry.now());
        } finally {
            engagements.begun(request.spec());
        }
    }

    /**
     * Ends an engagement; blocks until the manager has ended it, for a replace until the container is back. If the
     * manager cannot be reached now it forgets the engagement when the session is resumed without it.
     *
     * @return its id, as {@link #engage} told it
     */
    public String leave(String name, String container, String namespace) throws FaultException {
        Entry entry = engagements.find(new EngagementNames.Wanted(name, container, namespace));
        if (!engagements.leaving(entry)) {
            entry.ended.join();
            return entry.agreed.id();
        }
        try {
            entry.local.close();
            disengage(entry.told);
        } finally {
            end(entry, "left");
        }
        return entry.agreed.id();
    }

    /** What the manager says now. */
    public void heard(EngagementSnapshot snapshot) {
        for (Entry gone : engagements.heard(EngagementCodec.engagements(snapshot), link.settled())) {
            String said = gone.told.status().message();
            String why = "ended by the traffic-manager" + (said.isEmpty() ? "" : ": " + said);
            LOG.warn("{} \"{}\" is over: {}", gone.told.kind().word(), gone.told.name(), why);
            Threads.virtual("end-" + gone.told.name(), () -> end(gone, why));
        }
    }

    /** Gives back everything that this laptop has of engagements; the manager is not asked. Takes at most three seconds. */
    @Override
    public void close() throws InterruptedException {
        List<Entry> all = engagements.clear();
        CountDownLatch open = new CountDownLatch(all.size());
        for (Entry entry : all) {
            Threads.virtual("end-" + entry.told.name(), () -> {
                try {
                    end(entry, "disconnected");
                } finally {
                    open.countDown();
                }
            });
        }
        if (!open.await(CLOSING.toMillis(), TimeUnit.MILLISECONDS)) {
            LOG.warn("{} engagements are not closed after {} s", open.getCount(), CLOSING.toSeconds());
        }
    }

    private void end(Entry entry, String why) {
        entry.local.close();
        engagements.over(entry);
        entry.ended.complete(why);
    }

    /** Owns {@code local} until it succeeds. However it fails, the manager's call ends with it, and what that has begun. */
    private Entry established(EngagementSpec spec, EngagementResources local, Consumer<String> progress)
            throws FaultException {
        Context.CancellableContext call = Context.current().withCancellation();
        Context before = call.attach();
        try {
            return asked(spec, local, progress);
        } finally {
            call.detach(before);
            call.cancel(null);
        }
    }

    private Entry asked(EngagementSpec spec, EngagementResources local, Consumer<String> progress)
            throws FaultException {
        Entry reserved = null;
        try {
            Iterator<EngageProgress> events = link.streams()
                    .withDeadlineAfter(limit.multipliedBy(STRETCH).plus(GRACE).toMillis(), TimeUnit.MILLISECONDS)
                    .engage(EngageRequest.newBuilder()
                            .setSessionId(link.ref().getSessionId())
                            .setSpec(EngagementCodec.toWire(spec))
                            .setTimeoutMs((int) limit.toMillis())
                            .build());
            while (events.hasNext()) {
                EngageProgress event = events.next();
                switch (event.getEventCase()) {
                    case WAITING -> progress.accept(event.getWaiting());
                    case RESERVED -> reserved = engagements.reserved(read(event.getReserved()), local);
                    case ENGAGEMENT -> {
                        return engagements.established(read(event.getEngagement()), local);
                    }
                    case EVENT_NOT_SET -> LOG.debug("an event of a newer manager");
                }
            }
            throw Fault.internal("the traffic-manager did not answer about the "
                            + spec.kind().word())
                    .exception();
        } catch (StatusRuntimeException e) {
            failed(reserved, local);
            throw refused(spec, e);
        } catch (FaultException | RuntimeException e) {
            failed(reserved, local);
            throw e;
        }
    }

    private static Engagement read(io.telepresence.rpc.engagement.Engagement wire) throws FaultException {
        return EngagementCodec.engagement(wire)
                .orElseThrow(() -> Fault.internal("the traffic-manager answers with another kind of engagement")
                        .exception());
    }

    private void failed(Entry reserved, EngagementResources local) {
        local.close();
        if (reserved != null) {
            engagements.over(reserved);
        }
    }

    private FaultException refused(EngagementSpec spec, StatusRuntimeException e) {
        if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED) {
            return Fault.unreachable(
                            "the " + spec.kind().word() + " timed out after " + limit.toSeconds() + " s",
                            "The limit can be configured as \"timeouts.intercept\"")
                    .exception(e);
        }
        return FaultStatus.of(e).exception(e);
    }

    private void disengage(Engagement told) throws FaultException {
        DisengageRequest request = DisengageRequest.newBuilder()
                .setSessionId(link.ref().getSessionId())
                .setName(told.name())
                .build();
        try {
            Empty done = ClientEngagements.rolls(told)
                    ? link.streams()
                            .withDeadlineAfter(
                                    limit.multipliedBy(STRETCH).plus(GRACE).toMillis(), TimeUnit.MILLISECONDS)
                            .disengage(request)
                    : link.calls().disengage(request);
            assert done != null;
        } catch (StatusRuntimeException e) {
            if (e.getStatus().getCode() == Status.Code.DEADLINE_EXCEEDED && ClientEngagements.rolls(told)) {
                throw Fault.unreachable(
                                "the container \"" + told.status().container() + "\" of "
                                        + told.spec().workload()
                                        + " is not back yet; the traffic-manager is still restoring it",
                                "")
                        .exception(e);
            }
            Fault fault = FaultStatus.of(e);
            if (fault.kind() != Fault.Kind.USER) {
                throw fault.exception(e);
            }
        }
    }
}
