package io.telepresence.manager.grpc;

import io.telepresence.fault.FaultException;
import io.telepresence.manager.report.WorkloadList;
import io.telepresence.rpc.manager.WorkloadSnapshot;
import java.util.List;
import java.util.function.Consumer;

/**
 * The list of workloads as messages. Those who watch the same are given the same list one after the other, and it becomes a
 * message once. Thread-safe.
 */
final class ListedWorkloads {
    private final WorkloadList list;
    private volatile Translated translated = new Translated(null, WorkloadSnapshot.getDefaultInstance());

    private record Translated(List<WorkloadList.WorkloadInfo> lines, WorkloadSnapshot wire) {}

    ListedWorkloads(WorkloadList list) {
        this.list = list;
    }

    WorkloadSnapshot now(List<String> namespaces) throws FaultException {
        return WorkloadTranslator.workloads(list.lines(namespaces));
    }

    AutoCloseable watch(List<String> namespaces, Consumer<WorkloadSnapshot> next) throws FaultException {
        return list.watch(namespaces, lines -> next.accept(onWire(lines)));
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
