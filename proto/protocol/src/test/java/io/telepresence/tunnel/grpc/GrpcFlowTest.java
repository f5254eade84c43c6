package io.telepresence.tunnel.grpc;

import io.telepresence.rpc.tunnel.Dial;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.tunnel.Far;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowContract;
import io.telepresence.tunnel.FlowHandler;
import java.nio.file.Path;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

class GrpcFlowTest extends FlowContract {
    @TempDir
    private Path directory;

    private final CompletableFuture<Flow> accepted = new CompletableFuture<>();
    private FlowHandler accepting;
    private Far far;
    private Carrier carrier;

    @BeforeEach
    void open() throws Exception {
        far = new Far(directory, (flow, _) -> {
            flow.handler(accepting);
            accepted.complete(flow);
        });
        carrier = Carrier.open("near", far.address);
    }

    @AfterEach
    void close() throws Exception {
        carrier.close();
        far.close();
    }

    @Override
    protected Ends open(FlowHandler opening, FlowHandler acceptor) throws Exception {
        accepting = acceptor;
        Open open = Open.newBuilder()
                .setSessionId("session")
                .setId(KEY.toWire())
                .setDial(Dial.getDefaultInstance())
                .build();
        return new Ends(carrier.open(open, opening), accepted.get(10, TimeUnit.SECONDS));
    }
}
