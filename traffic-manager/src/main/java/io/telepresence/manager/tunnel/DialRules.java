package io.telepresence.manager.tunnel;

import io.telepresence.agree.Transport;
import java.net.InetSocketAddress;

/** Tells where clients' connections may lead. Called on event loops: it must be quick. */
@FunctionalInterface
public interface DialRules {
    boolean mayDial(Transport protocol, InetSocketAddress destination);
}
