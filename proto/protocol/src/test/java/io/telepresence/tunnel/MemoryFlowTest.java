package io.telepresence.tunnel;

import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.telepresence.local.Loops;
import org.junit.jupiter.api.AfterEach;

class MemoryFlowTest extends FlowContract {
    private final EventLoopGroup loops = Loops.create("memory", 1);

    @AfterEach
    void close() {
        Loops.shutdown(loops);
    }

    @Override
    protected Ends open(FlowHandler opening, FlowHandler accepting) {
        MemoryFlow.Pair pair = MemoryFlow.pair(KEY, (EventLoop) loops.iterator().next());
        pair.opening().handler(opening);
        pair.accepting().handler(accepting);
        return new Ends(pair.opening(), pair.accepting());
    }
}
