package io.telepresence.userd.api;

import io.netty.channel.EventLoopGroup;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.rest.RestServer;
import java.net.InetSocketAddress;

/** The REST API on 127.0.0.1: what is engaged is consumed here. Owns its event loop. */
public final class RestApi implements AutoCloseable {
    private final EventLoopGroup loops = Loops.create("rest-api", 1);
    private final RestServer server;

    private RestApi(int port, Consumption consumption) throws FaultException {
        try {
            server = RestServer.open(new InetSocketAddress("127.0.0.1", port), loops, true, consumption::judge);
        } catch (FaultException e) {
            Loops.shutdown(loops);
            throw e;
        }
    }

    /** Listens on that port of 127.0.0.1; zero: a free one. */
    public static RestApi open(int port, Consumption consumption) throws FaultException {
        return new RestApi(port, consumption);
    }

    public int port() {
        return server.address().getPort();
    }

    @Override
    public void close() {
        server.close();
        Loops.shutdown(loops);
    }
}
