package io.telepresence.agent.mirror;

import java.util.HashMap;
import java.util.Map;

/** What all copies of this agent hold together, so that no laptop's slowness costs the pod its memory. Thread-safe. */
public final class MirrorBudget {
    private final MirrorLimits limits;
    private final Map<String, Share> shares = new HashMap<>();
    private long bytes;
    private int flows;

    public MirrorBudget(MirrorLimits limits) {
        this.limits = limits;
    }

    MirrorLimits limits() {
        return limits;
    }

    /** Bytes that wait for laptops, or are being sent to them, now. */
    public synchronized long bytes() {
        return bytes;
    }

    /** Copies under way. */
    public synchronized int flows() {
        return flows;
    }

    /** Room for one more copy of the engagement; null: there is none. */
    synchronized Share enter(String engagementId) {
        Share share = shares.computeIfAbsent(engagementId, Share::new);
        if (flows >= limits.agentFlows()
                || share.flows >= limits.engagementFlows()
                || share.opening >= limits.opening()) {
            return null;
        }
        flows++;
        share.flows++;
        share.opening++;
        return share;
    }

    /** The part of one engagement. */
    final class Share {
        private final String engagementId;
        private long bytes;
        private int flows;
        private int opening;

        private Share(String engagementId) {
            this.engagementId = engagementId;
        }

        String engagementId() {
            return engagementId;
        }

        /** Takes so many bytes; false: they are not to be had, and nothing is taken. */
        boolean reserve(int size) {
            synchronized (MirrorBudget.this) {
                if (bytes + size > limits.engagementBytes() || MirrorBudget.this.bytes + size > limits.agentBytes()) {
                    return false;
                }
                bytes += size;
                MirrorBudget.this.bytes += size;
                return true;
            }
        }

        void release(int size) {
            synchronized (MirrorBudget.this) {
                bytes -= size;
                MirrorBudget.this.bytes -= size;
            }
        }

        /** The laptop of one of its copies has dialled. */
        void opened() {
            synchronized (MirrorBudget.this) {
                opening--;
            }
        }

        /** One of its copies is over, and has released its bytes. */
        void leave(boolean wasOpened) {
            synchronized (MirrorBudget.this) {
                MirrorBudget.this.flows--;
                opening -= wasOpened ? 0 : 1;
                if (--flows == 0) {
                    shares.remove(engagementId, this);
                }
            }
        }
    }
}
