package io.telepresence.agent.stream;

import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.DefaultChannelConfig;
import io.netty.channel.WriteBufferWaterMark;

/** The options of a {@link FlowChannel}; those of sockets are passed over, except SO_LINGER. */
final class FlowChannelConfig extends DefaultChannelConfig {
    private static final WriteBufferWaterMark WATER = new WriteBufferWaterMark(32 << 10, 64 << 10);

    private volatile boolean resetOnClose;

    FlowChannelConfig(Channel channel) {
        super(channel);
        setAutoRead(false);
        setWriteBufferWaterMark(WATER);
    }

    boolean isResetOnClose() {
        return resetOnClose;
    }

    @Override
    public <T> boolean setOption(ChannelOption<T> option, T value) {
        if (option == ChannelOption.SO_LINGER) {
            resetOnClose = value.equals(0);
            return true;
        }
        return super.setOption(option, value);
    }
}
