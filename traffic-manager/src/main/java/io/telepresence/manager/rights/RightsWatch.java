package io.telepresence.manager.rights;

import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.engagement.EngagementRegistry;
import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes from users what they may not do any more: once a minute each is asked for again. The reviews of a round are spread over
 * the minute. An API server that is away takes nothing, unless it is for too long. One thread, not an event loop: blocks.
 */
public final class RightsWatch {
    static final Duration ROUND = Duration.ofMinutes(1);

    /** How many calls of {@link #tick} a round takes: fewer than there are seconds in it. */
    static final int TICKS = 50;

    private static final Logger LOG = LoggerFactory.getLogger(RightsWatch.class);

    private final SessionRegistry sessions;
    private final EngagementRegistry engagements;
    private final Rights rights;
    private final InstantSource time;
    private final Deque<ClientSession> round = new ArrayDeque<>();
    private Instant begun = Instant.MIN;
    private int share;

    public RightsWatch(SessionRegistry sessions, EngagementRegistry engagements, Rights rights, InstantSource time) {
        this.sessions = sessions;
        this.engagements = engagements;
        this.rights = rights;
        this.time = time;
    }

    /** What is asked. */
    @FunctionalInterface
    private interface Question {
        void ask() throws FaultException;
    }

    /** Looks after its share of the sessions. Called about every second. */
    public void tick() {
        Instant now = time.instant();
        if (round.isEmpty() && !now.isBefore(begun.plus(ROUND))) {
            begun = now;
            round.addAll(sessions.clients());
            share = Math.ceilDiv(round.size(), TICKS);
        }
        for (int i = 0; i < share && !round.isEmpty(); i++) {
            check(round.poll());
        }
    }

    private void check(ClientSession session) {
        if (session.ended()) {
            return;
        }
        Optional<Fault> out = lost(() -> rights.mayConnect(session.person()));
        if (out.isPresent()) {
            sessions.expel(session, out.get().text());
            return;
        }
        for (RegisteredEngagement engagement : engagements.of(session)) {
            boolean over =
                    engagement.state() == EngagementState.REMOVED || engagement.state() == EngagementState.TERMINATING;
            if (!over) {
                lost(() -> rights.mayAttach(session.person(), engagement.spec().kind(), engagement.workload()))
                        .ifPresent(why -> expel(engagement, why));
            }
        }
    }

    private void expel(RegisteredEngagement engagement, Fault why) {
        String again = why.kind() == Fault.Kind.DENIED ? " any more" : "";
        LOG.info("the {} is removed: {}{}", engagement.described(), why.text(), again);
        engagements.expel(engagement.id(), "removed: " + why.text() + again);
    }

    /** Why it may not go on; empty: it may, or nobody can say yet. */
    private Optional<Fault> lost(Question question) {
        try {
            question.ask();
            return Optional.empty();
        } catch (FaultException e) {
            boolean over = e.fault().kind() == Fault.Kind.DENIED || rights.silentTooLong();
            return over ? Optional.of(e.fault()) : Optional.empty();
        }
    }
}
