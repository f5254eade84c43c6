package io.telepresence.agent.stream;

import io.telepresence.agent.mirror.Mirrors;
import io.telepresence.agent.report.TrafficRecorder;
import io.telepresence.agent.route.PortRoutes;
import io.telepresence.engagement.Port;
import java.util.function.Supplier;

/**
 * What is there for the connections to one port, whatever they speak. Thread-safe.
 *
 * @param rules those in force now; cheap, the same object as long as nothing changed; ask at every request
 * @param upstreams where connections lead
 */
public record PortServices(
        Port port, Supplier<PortRoutes> rules, Upstreams upstreams, Mirrors mirrors, TrafficRecorder report) {}
