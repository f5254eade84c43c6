package io.telepresence.manager.network;

import io.fabric8.kubernetes.api.model.Service;
import io.fabric8.kubernetes.api.model.ServicePort;
import io.telepresence.manager.watch.Store;
import java.io.IOException;
import java.net.ConnectException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.NoRouteToHostException;
import java.net.Socket;
import java.time.Duration;
import java.util.List;

/**
 * Answers an ICMP echo without the right to send one: an address that accepts or refuses a TCP connection is there. A
 * service address answers on its own ports only, so one of those is tried; one with UDP ports only counts as there. Blocks.
 */
public final class ServiceReachability {
    private static final Duration LONGEST = Duration.ofSeconds(5);
    private static final Duration DEFAULT = Duration.ofSeconds(2);
    private static final int ECHO = 7;

    private final Store<Service> services;

    public ServiceReachability(Store<Service> services) {
        this.services = services;
    }

    /** @param timeout for the whole answer; zero: the default */
    public boolean reachable(InetAddress address, Duration timeout) {
        Duration limit = timeout.isZero() ? DEFAULT : timeout.compareTo(LONGEST) > 0 ? LONGEST : timeout;
        List<ServicePort> ports = servicePorts(address);
        if (ports.isEmpty()) {
            return answers(address, ECHO, limit);
        }
        return ports.stream()
                .filter(p -> !"UDP".equals(p.getProtocol()))
                .findFirst()
                .map(p -> answers(address, p.getPort(), limit))
                .orElse(true);
    }

    private List<ServicePort> servicePorts(InetAddress address) {
        return services.all().stream()
                .filter(s -> ClusterNetwork.clusterIps(s).contains(address))
                .flatMap(s -> s.getSpec().getPorts().stream())
                .toList();
    }

    private static boolean answers(InetAddress address, int port, Duration limit) {
        try (Socket socket = new Socket()) {
            socket.connect(new InetSocketAddress(address, port), (int) limit.toMillis());
            return true;
        } catch (NoRouteToHostException e) {
            return false;
        } catch (ConnectException e) {
            return String.valueOf(e.getMessage()).contains("refused");
        } catch (IOException e) {
            return false;
        }
    }
}
