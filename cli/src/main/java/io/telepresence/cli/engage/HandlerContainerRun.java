package io.telepresence.cli.engage;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.docker.Build;
import io.telepresence.cli.docker.Handler;
import io.telepresence.cli.docker.RunArguments;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.cli.registry.SelectedDaemon;
import io.telepresence.cli.run.Job;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/**
 * An engagement whose handler is a container: its network first, so that it has an address; then the engagement, then the
 * container with the pod's environment and volumes. What was made is removed, however it ends.
 */
final class HandlerContainerRun {
    private static final String API_HOST = "TELEPRESENCE_API_HOST";
    private static final String API_PORT = "TELEPRESENCE_API_PORT";

    private final Invocation invocation;
    private final SelectedDaemon chosen;
    private final HandlerOptions handlers;
    private final EngageRun engaging;

    HandlerContainerRun(Invocation invocation, SelectedDaemon chosen, HandlerOptions handlers, EngageRun engaging) {
        this.invocation = invocation;
        this.chosen = chosen;
        this.handlers = handlers;
        this.engaging = engaging;
    }

    int run(EngageRequests.Draft request) throws FaultException {
        if (chosen.container().isEmpty() && request.isMounted()) {
            invocation.docker().checkVolumesOfThisMachine();
        }
        RunArguments arguments = handlers.arguments(built());
        String name = HandlerOptions.name(request.spec());
        Handler handler = invocation.docker().handler(chosen.container(), arguments, name);
        // Until the engagement is there a signal ends this process at once.
        Thread hook = new Thread(handler::close, "remove-handler");
        Runtime.getRuntime().addShutdownHook(hook);
        try {
            return run(request, handler);
        } finally {
            handler.close();
            Runtime.getRuntime().removeShutdownHook(hook);
        }
    }

    private String built() throws FaultException {
        if (handlers.context().isEmpty()) {
            return "";
        }
        Build build = invocation.docker().build(handlers.context(), handlers.buildOptions());
        return build.run(command -> {
            try {
                return invocation.around().children().run(Job.of(command));
            } catch (FaultException e) {
                invocation.output().warn(e.fault().toString());
                return 1;
            }
        });
    }

    private int run(EngageRequests.Draft request, Handler handler) throws FaultException {
        String address = handler.open();
        boolean mounted = request.isMounted();
        ClientEngagement engagement = engaging.engage(handled(request, address), e -> e.with(environment(e, mounted)));
        try {
            handler.create(dress(request, engagement, handler, mounted), chosen.routes(), invocation.output()::warn);
        } catch (FaultException | RuntimeException e) {
            engaging.leave(engagement);
            throw e;
        }
        engaging.show(chosen.container().isPresent() ? engagement.inContainer() : engagement.withoutMount(), false);
        return engaging.runInside(
                engagement,
                (started, over) -> new Job(
                        handler.start(),
                        Map.of(),
                        () -> {
                            handler.mount(why -> invocation.output().warn("Error: " + why));
                            started.run();
                        },
                        over,
                        handler::stop));
    }

    /** A daemon beside the container serves the volumes for it alone; one on this machine at a port of the loopback. */
    private EngageRequests.Draft handled(EngageRequests.Draft request, String address) throws FaultException {
        return chosen.container().isPresent()
                ? request.besideDaemon(address)
                : request.handledAt(address, request.isMounted() ? freePort() : 0);
    }

    private static int freePort() throws FaultException {
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getByAddress(new byte[] {127, 0, 0, 1}))) {
            return socket.getLocalPort();
        } catch (IOException e) {
            throw Fault.user("there is no free port: " + e.getMessage(), "").exception(e);
        }
    }

    /** The environment as it is true for the handler. */
    private Map<String, String> environment(ClientEngagement engagement, boolean mounted) {
        Map<String, String> environment = new TreeMap<>(engagement.environment());
        // The REST API is on a loopback that is not the handler's; a daemon in a container answers handlers too.
        environment.remove(API_HOST);
        String port = environment.remove(API_PORT);
        if (chosen.container().isPresent() && port != null) {
            environment.put(API_HOST, chosen.container().get().network().gateway4());
            environment.put(API_PORT, port);
        }
        environment.put("TELEPRESENCE_ROOT", mounted && engagement.mount().port() > 0 ? handlers.root() : "");
        return environment;
    }

    private Handler.Dress dress(
            EngageRequests.Draft request, ClientEngagement engagement, Handler handler, boolean mounted)
            throws FaultException {
        Map<String, String> environment = new TreeMap<>(engagement.environment());
        environment.put("TELEPRESENCE_HANDLER_CONTAINER_NAME", handler.name());
        Handler.Volumes volumes = Handler.Volumes.NONE;
        if (mounted && engagement.mount().port() > 0) {
            volumes = new Handler.Volumes(
                    engagement.mount().paths(),
                    handlers.root(),
                    engagement.mount().port(),
                    request.readOnly());
        }
        Map<Integer, Integer> inside = inside(request.spec().kind());
        List<Handler.Port> ports = new ArrayList<>();
        for (ClientEngagement.Port each : engagement.ports()) {
            ports.add(new Handler.Port(
                    each.local(),
                    inside.getOrDefault(each.local(), each.local()),
                    each.protocol().toLowerCase(Locale.ROOT)));
        }
        List<Handler.Port> toPod = request.spec().options().toPod().stream()
                .map(p -> new Handler.Port(
                        p.number(), p.number(), p.transport().name().toLowerCase(Locale.ROOT)))
                .toList();
        return new Handler.Dress(engagement.id(), environment, volumes, ports, toPod);
    }

    /**
     * Ports in the container where they differ from the local ones, by these. Beside a daemon of this machine a container
     * has ports of its own: of a pair of numbers the second is the container's.
     */
    private Map<Integer, Integer> inside(EngagementKind kind) throws FaultException {
        Map<Integer, Integer> inside = new HashMap<>();
        for (PortArgument port : EngageOptions.ports(kind, invocation)) {
            String identifier = port.request().identifier();
            if (port.inside() != 0) {
                inside.putIfAbsent(port.request().localPort(), port.inside());
            } else if (chosen.container().isEmpty() && identifier.matches("\\d+")) {
                inside.putIfAbsent(port.request().localPort(), Integer.parseInt(identifier));
            }
        }
        return inside;
    }
}
