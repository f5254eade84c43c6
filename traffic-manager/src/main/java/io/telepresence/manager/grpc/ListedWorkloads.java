package io.telepresence.manager.grpc;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rights.Rights;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * The list of workloads as messages. Those who watch the same are given the same list one after the other, and it becomes a
 * message once. A user gets those of the namespaces that he may see. Blocks where a user is asked about; thread-safe.
 */
final class ListedWorkloads {
    static final Duration ASKED_APART = Duration.ofMinutes(1);

    private final WorkloadList list;
    private final Rights rights;
    private final Duration apart;
    private volatile Translated translated = new Translated(null, WorkloadSnapshot.getDefaultInstance());

    private record Translated(List<WorkloadList.WorkloadInfo> lines, WorkloadSnapshot wire) {}

    /** @param apart after which it is asked again whether somebody may see what he watches */
    ListedWorkloads(WorkloadList list, Rights rights, Duration apart) {
        this.list = list;
        this.rights = rights;
        this.apart = apart;
    }

    WorkloadSnapshot now(Person person, List<String> namespaces) throws FaultException {
        return WorkloadTranslator.workloads(list.lines(rights.visible(person, namespaces)));
    }

    /**
     * Gives the list now and after changes until the thread is interrupted.
     *
     * @param watching is given what ends the watch
     * @throws FaultException he may see none of the namespaces, or not any more one that he saw
     */
    void watch(
            Supplier<Person> person,
            List<String> namespaces,
            Consumer<WorkloadSnapshot> next,
            Consumer<AutoCloseable> watching)
            throws FaultException, InterruptedException {
        List<String> seen = rights.visible(person.get(), namespaces);
        watching.accept(list.watch(seen, lines -> next.accept(onWire(lines))));
        while (true) {
            Thread.sleep(apart);
            for (String namespace : seen) {
                refuseLost(person.get(), namespace);
            }
        }
    }

    /** An API server that is away takes nothing. */
    private void refuseLost(Person person, String namespace) throws FaultException {
        try {
            rights.maySee(person, namespace);
        } catch (FaultException e) {
            if (e.fault().kind() == Fault.Kind.DENIED) {
                throw e;
            }
        }
    }

    private WorkloadSnapshot onWire(List<WorkloadList.WorkloadInfo> lines) {
        Translated last = translated;
        if (last.lines() != lines) {
            last = new Translated(lines, WorkloadTranslator.workloads(lines));
            translated = last;
        }
        return last.wire();
    }
}
