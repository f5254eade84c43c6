package io.telepresence.agent.tap;

import java.util.HashMap;
import java.util.Map;

/** What all copies of this agent hold together, so that no laptop's slowness costs the pod its memory. Thread-safe. */
public final class TapBudget {
    private final TapLimits limits;
    private final Map<String, Share> shares = new HashMap<>();
    private long bytes;
    private int flows;

    public TapBudget(TapLimits limits) {
        this.limits = limits;
    }

    TapLimits limits() {
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
            synchronized (TapBudget.this) {
                if (bytes + size > limits.engagementBytes() || TapBudget.this.bytes + size > limits.agentBytes()) {
                    return false;
                }
                bytes += size;
                TapBudget.this.bytes += size;
                return true;
            }
        }

        void release(int size) {
            synchronized (TapBudget.this) {
                bytes -= size;
                TapBudget.this.bytes -= size;
            }
        }

        /** The laptop of one of its copies has dialled. */
        void opened() {
            synchronized (TapBudget.this) {
                opening--;
            }
        }

        /** One of its copies is over, and has released its bytes. */
        void leave(boolean wasOpened) {
            synchronized (TapBudget.this) {
                TapBudget.this.flows--;
                opening -= wasOpened ? 0 : 1;
                if (--flows == 0) {
                    shares.remove(engagementId, this);
                }
            }
        }
    }
}
