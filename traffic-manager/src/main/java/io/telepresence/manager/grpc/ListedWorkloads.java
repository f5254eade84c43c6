package io.telepresence.manager.grpc;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.manager.rights.Rights;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import java.util.List;
import java.util.function.Consumer;

/**
 * The list of workloads as messages. Those who watch the same are given the same list one after the other, and it becomes a
 * message once. A user gets those of the namespaces that he may see. Blocks where he is asked for; thread-safe.
 */
final class ListedWorkloads {
    private final WorkloadList list;
    private final Rights rights;
    private volatile Translated translated = new Translated(null, WorkloadSnapshot.getDefaultInstance());

    private record Translated(List<WorkloadList.WorkloadInfo> lines, WorkloadSnapshot wire) {}

    ListedWorkloads(WorkloadList list, Rights rights) {
        this.list = list;
        this.rights = rights;
    }

    WorkloadSnapshot now(Person person, List<String> namespaces) throws FaultException {
        return WorkloadTranslator.workloads(list.lines(rights.visible(person, namespaces)));
    }

    AutoCloseable watch(Person person, List<String> namespaces, Consumer<WorkloadSnapshot> next) throws FaultException {
        return list.watch(rights.visible(person, namespaces), lines -> next.accept(onWire(lines)));
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
