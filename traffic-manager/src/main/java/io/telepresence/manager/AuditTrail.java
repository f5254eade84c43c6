package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.telepresence.manager.audit.Audit;
import io.telepresence.manager.audit.AuditEvents;
import io.telepresence.manager.audit.AuditLog;
import io.telepresence.manager.cluster.Workloads;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.run.Closers;
import java.io.OutputStream;
import java.time.InstantSource;

/** Where it is told what users do: always on standard output, and by events where the settings say so. */
final class AuditTrail {
    private AuditTrail() {}

    static Audit open(
            Closers opened, OutputStream out, ManagerSettings settings, KubernetesClient client, Workloads workloads) {
        AuditLog log = opened.add(AuditLog.open(out, InstantSource.system()));
        return settings.rules().events()
                ? log.and(opened.add(
                        AuditEvents.open(client, workloads, settings.pod().name())))
                : log;
    }
}
