package io.telepresence.agent.tap;

import io.telepresence.agent.link.ClientFlows;
import io.telepresence.agent.report.Report;
import io.telepresence.agent.rules.Target;
import io.telepresence.engagement.Transport;
import java.net.InetSocketAddress;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Copies of one port's traffic, each through a flow of its own. Thread-safe. */
public final class LaptopTaps implements Taps {
    private static final Logger LOG = LoggerFactory.getLogger(LaptopTaps.class);

    private final InetSocketAddress app;
    private final ClientFlows clients;
    private final TapBudget budget;
    private final Report report;

    /**
     * @param app the port as callers know it
     * @param budget shared by all ports of the agent
     */
    public LaptopTaps(InetSocketAddress app, ClientFlows clients, TapBudget budget, Report report) {
        this.app = app;
        this.clients = clients;
        this.budget = budget;
        this.report = report;
    }

    @Override
    public Tee open(Target target, InetSocketAddress caller) {
        return begin(target, caller, null);
    }

    @Override
    public Tee openRequest(Target target, InetSocketAddress caller) {
        return begin(target, caller, new AnswerWatch());
    }

    private Tee begin(Target target, InetSocketAddress caller, AnswerWatch answer) {
        TapBudget.Share share = budget.enter(target.engagementId());
        if (share == null) {
            report.dropped(target.engagementId());
            return Tee.NONE;
        }
        StreamTee tee = new StreamTee(share, budget.limits(), report, answer);
        try {
            return tee.through(clients.openSparing(target, Transport.TCP, caller, app, tee), clients.patience());
        } catch (RuntimeException e) {
            LOG.debug("cannot copy to {}", target, e);
            share.leave(false);
            report.dropped(target.engagementId());
            return Tee.NONE;
        }
    }

    /** Begins the copy of what one source of datagrams sends; null: it cannot be had now. Answers are thrown away. */
    public DatagramTee openDatagrams(Target target, InetSocketAddress source) {
        TapBudget.Share share = budget.enter(target.engagementId());
        if (share == null) {
            report.dropped(target.engagementId());
            return null;
        }
        DatagramTee tee = new DatagramTee(target, share, report);
        try {
            return tee.through(clients.openSparing(target, Transport.UDP, source, app, tee), clients.patience());
        } catch (RuntimeException e) {
            LOG.debug("cannot copy to {}", target, e);
            share.leave(false);
            report.dropped(target.engagementId());
            return null;
        }
    }

    /** Something was not copied, for want of room. */
    public void dropped(Target target) {
        report.dropped(target.engagementId());
    }
}
