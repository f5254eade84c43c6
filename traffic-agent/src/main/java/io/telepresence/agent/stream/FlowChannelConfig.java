package io.telepresence.agent.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.WriteBufferWaterMark;

/** The options of a {@link FlowChannel}; those of sockets are passed over, except SO_LINGER and ALLOW_HALF_CLOSURE. */
final class FlowChannelConfig extends DefaultChannelConfig {
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(32 << 10, 64 << 10);

    private volatile boolean resetOnClose;
    private volatile boolean halfClosing = true;

    FlowChannelConfig(Channel channel) {
        super(channel);
        setAutoRead(false);
        setWriteBufferWaterMark(WATER);
    }

    boolean isResetOnClose() {
        return resetOnClose;
    }

    /** Whether the channel outlives the end of its peer's direction. */
    boolean isHalfClosing() {
        return halfClosing;
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.SO_LINGER) {
            resetOnClose = value.equals(0);
            return true;
        }
        if (option == ChannelOption.ALLOW_HALF_CLOSURE) {
            halfClosing = value.equals(true);
            return true;
        }
        return super.setOption(option, value);
    }
}
