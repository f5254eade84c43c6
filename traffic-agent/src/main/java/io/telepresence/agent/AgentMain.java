package io.telepresence.agent;

import io.telepresence.agent.drain.Drain;
import io.telepresence.agent.drain.EndingMark;
import io.telepresence.agent.drain.GracePeriod;
import io.telepresence.agent.drain.Time;
import io.telepresence.agent.listener.KeptSockets;
import io.telepresence.agent.manager.ManagerClient;
import io.telepresence.agent.podinfo.ProcessEnvironment;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Versions;
import io.telepresence.fault.FaultException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The sidecar's program: {@code agent}, or {@code agent-init} for the init container. */
public final class AgentMain {
    private static final Duration UDP_IDLE = Duration.ofSeconds(60);
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final Logger LOG = LoggerFactory.getLogger(AgentMain.class);

    private AgentMain() {}

    public static void main(String[] arguments) throws Exception {
        String program = arguments.length == 0 ? "agent" : arguments[0];
        switch (program) {
            case "agent" -> exitOnFault(AgentMain::run);
            case "agent-init" ->
                AgentInitMain.main(
                        List.of(arguments).subList(1, arguments.length).toArray(String[]::new));
            default -> {
                System.err.println("unknown program " + program + ": use agent or agent-init");
                System.exit(2);
            }
        }
    }

    /** Something that fails with a sentence. */
    @FunctionalInterface
    interface Program {
        void run() throws Exception;
    }

    /** Runs; a fault becomes one line of the log and exit code 1. */
    static void exitOnFault(Program program) throws Exception {
        try {
            program.run();
        } catch (FaultException e) {
            LOG.error("{}", e.fault());
            LOG.debug("cause", e);
            System.exit(1);
        }
    }

    private static void run() throws Exception {
        SidecarPlan plan = SidecarPlan.read(Path.of(AgentNames.CONFIG_DIR, "config"));
        PodIdentity pod = PodIdentity.of(System.getenv());
        LogLevelTimer levels = new LogLevelTimer(plan.config().getLogLevel(), AgentLogging::level);
        LOG.info("traffic-agent {} in pod {}.{}", Versions.VERSION, pod.name(), pod.namespace());
        EndingMark mark = new EndingMark(Path.of(AgentNames.ENDING_MARK), InstantSource.system());
        mark.clear();
        GracePeriod grace = new GracePeriod(Duration.ofSeconds(plan.config().getGraceSeconds()), Time.REAL);
        Agent agent = Agent.open(plan, pod, settings(plan, pod, levels, grace));
        Runtime.getRuntime().addShutdownHook(new Thread(() -> end(agent, grace, mark), "end"));
        new CountDownLatch(1).await();
    }

    private static Agent.Settings settings(SidecarPlan plan, PodIdentity pod, LogLevelTimer levels, GracePeriod grace)
            throws UnknownHostException, FaultException {
        Path token = Path.of(AgentNames.TOKEN_DIR, "token");
        return new Agent.Settings(
                InetAddress.getByAddress(new byte[16]),
                AgentNames.READY_PORT,
                UDP_IDLE,
                plan.app(pod, ProcessEnvironment.own(), Path.of(AgentNames.APP_MOUNTS)),
                KeptSockets.of(System.getenv()),
                new ManagerClient.Settings(
                        plan.manager(),
                        plan.arrival(pod),
                        () -> Files.readString(token),
                        request -> levels.request(request.getLevel(), request.getDurationSeconds()),
                        grace::granted,
                        PATIENCE));
    }

    private static void end(Agent agent, GracePeriod grace, EndingMark mark) {
        try {
            grace.begin(mark.age());
            LOG.info("ending: serving as long as the application does");
            Drain.Outcome outcome = agent.drain(grace, Time.REAL);
            LOG.info(
                    outcome == Drain.Outcome.DRAINED
                            ? "ending: nothing is open"
                            : "ending: the grace period is over, what is open is closed");
            agent.close();
            LOG.info("ended");
        } catch (Exception e) {
            LOG.warn("while ending", e);
        }
    }
}
