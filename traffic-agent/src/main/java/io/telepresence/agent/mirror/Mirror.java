package io.telepresence.agent.mirror;

import io.netty.buffer.ByteBuf;

/**
 * The copy of one connection's or one request's bytes on its way to a laptop. Never blocks and never throws; whatever
 * happens to the copy, the original is not touched. Calls come in order, from one thread at a time (any).
 */
public interface Mirror {
    /** Drops everything. */
    Mirror NONE = new Mirror() {
        @Override
        public void data(ByteBuf owned) {
            owned.release();
        }

        @Override
        public void end() {}

        @Override
        public void cut() {}
    };

    /**
     * The next bytes of the original.
     *
     * @param owned belongs to the tee from now on, so hand over a retained slice or duplicate; its bytes must not be
     *     changed any more
     */
    void data(ByteBuf owned);

    /** The original has ended well: the laptop gets everything before it, and then the end. Idempotent. */
    void end();

    /**
     * The original broke off: the laptop gets everything before it, and then the end at once. Does nothing after
     * {@link #end}. Idempotent.
     */
    void cut();
}
