package io.telepresence.userd.restapi;

import io.netty.channel.EventLoopGroup;
import io.telepresence.fault.FaultException;
import io.telepresence.local.Loops;
import io.telepresence.rest.RestServer;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.util.function.Predicate;

/** The REST API: what is engaged is consumed here. Owns its event loop. */
public final class RestApi implements AutoCloseable {
    private final EventLoopGroup loops = Loops.create("rest-api", 1);
    private final RestServer server;

    private RestApi(InetSocketAddress at, Predicate<InetAddress> welcome, LocalConsumption consumption)
            throws FaultException {
        try {
            server = RestServer.open(at, loops, true, welcome, consumption::judge);
        } catch (FaultException e) {
            Loops.shutdown(loops);
            throw e;
        }
    }

    /** Listens on that port of 127.0.0.1; zero: a free one. */
    public static RestApi open(int port, LocalConsumption consumption) throws FaultException {
        return new RestApi(new InetSocketAddress("127.0.0.1", port), caller -> true, consumption);
    }

    /** Of a daemon in a container: on that port of all its addresses, for itself and the handlers of its engagements. */
    public static RestApi openForHandlers(int port, LocalConsumption consumption) throws FaultException {
        return new RestApi(new InetSocketAddress("0.0.0.0", port), consumption::isHandler, consumption);
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
