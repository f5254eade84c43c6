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

    /** Engagements that have copies under way. */
    synchronized int engagements() {
        return shares.size();
    }

    /** Room for one more copy of the engagement; null: there is none, and nothing of it is remembered. */
    synchronized Pass enter(String engagementId) {
        Share share = shares.getOrDefault(engagementId, new Share(engagementId));
        if (flows >= limits.agentFlows()
                || share.flows >= limits.engagementFlows()
                || share.opening >= limits.opening()) {
            return null;
        }
        shares.put(engagementId, share);
        flows++;
        share.flows++;
        share.opening++;
        return new Pass(share);
    }

    /** The part of one engagement; guarded by the budget. */
    private static final class Share {
        private final String engagementId;
        private long bytes;
        private int flows;
        private int opening;

        private Share(String engagementId) {
            this.engagementId = engagementId;
        }
    }

    /** What one copy has. Thread-safe. */
    final class Pass {
        private final Share share;
        private boolean opened;
        private boolean left;

        private Pass(Share share) {
            this.share = share;
        }

        String engagementId() {
            return share.engagementId;
        }

        /** Takes so many bytes; false: there are not so many left, and nothing is taken. */
        boolean reserve(int size) {
            synchronized (MirrorBudget.this) {
                if (share.bytes + size > limits.engagementBytes() || bytes + size > limits.agentBytes()) {
                    return false;
                }
                share.bytes += size;
                bytes += size;
                return true;
            }
        }

        void release(int size) {
            synchronized (MirrorBudget.this) {
                share.bytes -= size;
                bytes -= size;
            }
        }

        /** The laptop has dialled. */
        void opened() {
            synchronized (MirrorBudget.this) {
                if (!opened && !left) {
                    opened = true;
                    share.opening--;
                }
            }
        }

        /** The copy is over, and has released its bytes. Idempotent. */
        void leave() {
            synchronized (MirrorBudget.this) {
                if (left) {
                    return;
                }
                left = true;
                flows--;
                share.opening -= opened ? 0 : 1;
                if (--share.flows == 0) {
                    shares.remove(share.engagementId);
                }
            }
        }
    }
}
