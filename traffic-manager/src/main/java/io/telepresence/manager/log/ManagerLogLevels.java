package io.telepresence.manager.log;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Watched;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/** The log levels of the manager and of all agents, changed for a while or for ever. Any thread. */
public final class ManagerLogLevels {
    private static final List<String> LEVELS = List.of("ERROR", "WARN", "INFO", "DEBUG", "TRACE");

    private final String ownUsual;
    private final Watched<String> agents;
    private final String agentsUsual;
    private final InstantSource time;
    private final Consumer<String> own;
    private Optional<Instant> until = Optional.empty();

    /** @param own sets the level of this process */
    ManagerLogLevels(String ownUsual, String agentsUsual, InstantSource time, Consumer<String> own) {
        this.ownUsual = ownUsual;
        this.agentsUsual = agentsUsual;
        this.agents = new Watched<>(agentsUsual);
        this.time = time;
        this.own = own;
    }

    public static ManagerLogLevels of(String own, String agents, InstantSource time) {
        return new ManagerLogLevels(own, agents, time, ManagerLogs::level);
    }

    /** The level that agents are to log at. */
    public Watched<String> agents() {
        return agents;
    }

    /**
     * @param duration zero: for ever
     * @throws FaultException it is not a level
     */
    public synchronized void set(String level, Duration duration) throws FaultException {
        String upper = level.toUpperCase(Locale.ROOT);
        String name = upper.equals("WARNING") ? "WARN" : upper;
        if (!LEVELS.contains(name)) {
            throw Fault.user("\"" + level + "\" is not a log level", "Levels are " + String.join(", ", LEVELS))
                    .exception();
        }
        until = duration.isZero()
                ? Optional.empty()
                : Optional.of(time.instant().plus(duration));
        own.accept(name);
        agents.set(name);
    }

    /** Called about every second: goes back to the usual levels when their time has come. */
    public synchronized void sweep() {
        if (until.isPresent() && !time.instant().isBefore(until.get())) {
            until = Optional.empty();
            own.accept(ownUsual);
            agents.set(agentsUsual);
        }
    }
}
