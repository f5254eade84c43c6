package io.telepresence.cli.daemon;

import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.ConnectRequest;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.manager.ExplainRequest;
import io.telepresence.rpc.manager.YamlRequest;
import java.util.List;
import java.util.function.Consumer;

/**
 * The user daemon as the command line sees it. Each call blocks until the answer is there; a fault is the daemon's own
 * sentence, or says that the daemon does not answer. {@code steps} gets what is being waited for, on the calling thread.
 *
 * <p>A request is the message that is sent. What reaches an API server has the Kubernetes flags beside it: what of them may
 * be sent depends on where the daemon runs, so a request's own are overwritten.
 */
public interface Daemon {
    DaemonStatus status() throws FaultException;

    Connected connect(KubeFlags flags, ConnectRequest request, Consumer<String> steps) throws FaultException;

    /** Returns when the session that there is has its traffic-manager again; a fault when it takes too long. */
    void awaitManager(Consumer<String> steps) throws FaultException;

    /** Whether there was a session to end. */
    boolean disconnect() throws FaultException;

    /** Asks both daemons to end; true: the root daemon is a system service and stays. */
    boolean quit() throws FaultException;

    /** Workloads of {@code namespace}; empty: of the connected one. */
    List<ListedWorkload> list(String namespace) throws FaultException;

    /** The same list at each change, until {@code snapshots} throws or the daemon ends it. */
    void watch(String namespace, Consumer<List<ListedWorkload>> snapshots) throws FaultException;

    ClientEngagement engage(EngageRequest request, Consumer<String> steps) throws FaultException;

    /** Ends an engagement, and tells its id; of a replace it returns when the container is back. */
    String leave(LeaveRequest request) throws FaultException;

    /** Returns when the engagement has ended, whoever ended it. Runs on a thread of its own beside the other calls. */
    void awaitEnd(LeaveRequest request) throws FaultException;

    /** Takes the agents out of the pods of {@code workloads}; of all in the connected namespace if there are none. */
    void uninstall(List<String> workloads, Consumer<String> steps) throws FaultException;

    /** Ends the engagement with that id, whoever has it. */
    void revoke(KubeFlags flags, String managerNamespace, String id) throws FaultException;

    Explanation explain(ExplainRequest request) throws FaultException;

    String generateYaml(YamlRequest request) throws FaultException;

    /** Runs a Helm verb on the traffic-manager; the result is what to print. */
    String helm(KubeFlags flags, HelmRequest request, Consumer<String> steps) throws FaultException;

    List<String> namespaces(KubeFlags flags) throws FaultException;

    List<KubeContext> contexts(KubeFlags flags) throws FaultException;

    void logLevel(LogLevelRequest request) throws FaultException;

    /** Writes the archive; the result says what could not be had. */
    List<String> gatherLogs(GatherLogsRequest request) throws FaultException;

    Configuration configuration(boolean clientOnly, String configFile) throws FaultException;
}
