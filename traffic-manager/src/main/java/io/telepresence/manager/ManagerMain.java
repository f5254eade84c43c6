package io.telepresence.manager;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.manager.config.ManagerSettings;
import io.telepresence.manager.log.LogRing;
import io.telepresence.manager.log.ManagerLogs;
import java.util.concurrent.CountDownLatch;
import org.slf4j.LoggerFactory;

/** Runs the manager until it is told to stop. Exit code 1: it could not start; the kubelet tries again. 4: another one
 * serves; started again it waits. */
public final class ManagerMain {
    private static final int LOST = 4;

    private ManagerMain() {}

    public static void main(String[] args) throws InterruptedException {
        LogRing ring = ManagerLogs.start("INFO");
        ManagerSettings config;
        try {
            config = ManagerSettings.read(ManagerSettings.DIRECTORY, System.getenv());
        } catch (FaultException e) {
            LoggerFactory.getLogger(ManagerMain.class).error("cannot start: {}", e.fault());
            System.exit(1);
            return;
        }
        Manager manager;
        try {
            ManagerLogs.level(config.logLevel());
            config.warnings().forEach(LoggerFactory.getLogger(ManagerMain.class)::warn);
            KubernetesClient client = new KubernetesClientBuilder().build();
            manager = Manager.open(config, client, ring, () -> System.exit(LOST));
        } catch (Exception e) {
            LoggerFactory.getLogger(ManagerMain.class).error("cannot start: {}", FaultStatus.of(e), e);
            System.exit(1);
            return;
        }
        CountDownLatch stopped = new CountDownLatch(1);
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            manager.close();
            stopped.countDown();
        }));
        stopped.await();
    }
}
