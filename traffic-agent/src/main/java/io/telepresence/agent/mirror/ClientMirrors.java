package io.telepresence.agent.mirror;

import io.telepresence.agent.manager.ClientFlows;
import io.telepresence.agent.report.TrafficRecorder;
import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agree.Transport;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies of one port's traffic, each through a flow of its own. Thread-safe. */
public final class ClientMirrors implements Mirrors {
    private static final Logger LOG = LoggerFactory.getLogger(ClientMirrors.class);

    private final InetSocketAddress app;
    private final ClientFlows clients;
    private final MirrorBudget budget;
    private final TrafficRecorder report;

    /**
     * @param app the port as callers know it
     * @param budget shared by all ports of the agent
     */
    public ClientMirrors(InetSocketAddress app, ClientFlows clients, MirrorBudget budget, TrafficRecorder report) {
        this.app = app;
        this.clients = clients;
        this.budget = budget;
        this.report = report;
    }

    @Override
    public Mirror open(ClientEndpoint target, InetSocketAddress caller) {
        return begin(target, caller, null);
    }

    @Override
    public Mirror openRequest(ClientEndpoint target, InetSocketAddress caller) {
        return begin(target, caller, new AnswerWatch());
    }

    private Mirror begin(ClientEndpoint target, InetSocketAddress caller, AnswerWatch answer) {
        MirrorBudget.Pass share = budget.enter(target.engagementId());
        if (share == null) {
            report.dropped(target.engagementId());
            return Mirror.NONE;
        }
        StreamMirrorWriter tee = new StreamMirrorWriter(share, budget.limits(), report, answer);
        try {
            return tee.through(clients.openSparing(target, Transport.TCP, caller, app, tee), clients.patience());
        } catch (RuntimeException e) {
            LOG.debug("cannot copy to {}", target, e);
            share.leave();
            report.dropped(target.engagementId());
            return Mirror.NONE;
        }
    }

    /** Begins the copy of what one source of datagrams sends; null: it cannot be had now. Answers are thrown away. */
    public DatagramMirror openDatagrams(ClientEndpoint target, InetSocketAddress source) {
        MirrorBudget.Pass share = budget.enter(target.engagementId());
        if (share == null) {
            report.dropped(target.engagementId());
            return null;
        }
        DatagramMirror tee = new DatagramMirror(target, share, report);
        try {
            return tee.through(clients.openSparing(target, Transport.UDP, source, app, tee), clients.patience());
        } catch (RuntimeException e) {
            LOG.debug("cannot copy to {}", target, e);
            share.leave();
            report.dropped(target.engagementId());
            return null;
        }
    }

    /** Something was not copied, for want of room. */
    public void dropped(ClientEndpoint target) {
        report.dropped(target.engagementId());
    }
}
