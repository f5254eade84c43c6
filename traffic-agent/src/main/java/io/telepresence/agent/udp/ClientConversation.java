package io.telepresence.agent.udp;

import io.netty.buffer.ByteBuf;
import io.telepresence.agent.route.Destination;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowHandler;
import io.telepresence.tunnel.ResetReason;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * With a laptop, through a flow of its own. The first datagrams wait for the flow to open; when there are too many, or
 * no credit, they are dropped. After a reset it stays for a while and drops everything, so that a laptop where nothing
 * listens is not asked at every datagram. The state belongs to the flow's loop; the listener's loop only sends tasks.
 */
final class ClientConversation implements Conversation, FlowHandler {
    private static final int WAITING = 64;
    private static final int CREDIT = 64;
    private static final TransitBudget TRANSIT = TransitBudget.OF_AGENT;
    private static final Logger LOG = LoggerFactory.getLogger(ClientConversation.class);

    private final Destination.ToClient client;
    private final Answers answers;
    private final Deque<ByteBuf> waiting = new ArrayDeque<>();
    private Flow flow;
    private boolean opened;
    private volatile long closedNanos;
    private volatile long lastNanos = System.nanoTime();

    ClientConversation(Destination.ToClient client, Answers answers) {
        this.client = client;
        this.answers = answers;
    }

    /** The flow that was opened with this as its handler; on the listener's loop, before the first datagram. */
    ClientConversation through(Flow opening) {
        flow = opening;
        return this;
    }

    @Override
    public boolean stale(long nowNanos) {
        long since = closedNanos;
        return since != 0 && nowNanos - since > ASK_AGAIN_NANOS;
    }

    @Override
    public Destination destination() {
        return client;
    }

    @Override
    public void datagram(ByteBuf data) {
        lastNanos = System.nanoTime();
        // The buffer has room for the largest datagram, whatever is in it.
        int room = data.capacity();
        if (closedNanos != 0 || !TRANSIT.take(room)) {
            data.release();
        } else {
            try {
                flow.loop().execute(() -> {
                    TRANSIT.give(room);
                    pass(data);
                });
            } catch (RejectedExecutionException e) {
                LOG.debug("the link to the manager is closed", e);
                TRANSIT.give(room);
                data.release();
            }
        }
    }

    @Override
    public long lastNanos() {
        return lastNanos;
    }

    @Override
    public void close() {
        try {
            flow.reset(ResetReason.ABORTED, "the agent ends this flow");
        } catch (RejectedExecutionException e) {
            LOG.debug("the link to the manager is closed", e);
        }
    }

    private void pass(ByteBuf data) {
        if (opened && flow.isWritable()) {
            flow.write(data);
        } else if (!opened && closedNanos == 0 && waiting.size() < WAITING && TRANSIT.take(data.readableBytes())) {
            waiting.add(data.copy());
            data.release();
        } else {
            data.release();
        }
    }

    @Override
    public void onOpened(Flow same) {
        opened = true;
        waiting.forEach(data -> {
            TRANSIT.give(data.readableBytes());
            same.write(data);
        });
        waiting.clear();
        same.request(CREDIT);
    }

    @Override
    public void onData(Flow same, ByteBuf data) {
        lastNanos = System.nanoTime();
        answers.send(data).addListener(sent -> same.request(1));
    }

    @Override
    public void onFinished(Flow same) {
        same.finish();
    }

    @Override
    public void onReset(Flow same, ResetReason why, String text) {
        LOG.debug("{} reset: {} {}", same.key(), why, text);
    }

    @Override
    public void onClosed(Flow same) {
        closedNanos = System.nanoTime() | 1;
        opened = false;
        waiting.forEach(data -> {
            TRANSIT.give(data.readableBytes());
            data.release();
        });
        waiting.clear();
    }
}
