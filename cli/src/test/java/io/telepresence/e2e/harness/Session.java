package io.telepresence.e2e.harness;

import java.time.Duration;
import org.junit.jupiter.api.extension.BeforeAllCallback;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.LifecycleMethodExecutionExceptionHandler;
import org.junit.jupiter.api.extension.TestWatcher;

/**
 * Level of a test class: cluster up, images loaded, traffic-manager installed, nobody connected. Set up once for all
 * classes, because it is slow; each class leaves it as it was. The laptops' homes go at the end, unless something failed:
 * then they tell why.
 */
public final class Session implements BeforeAllCallback, TestWatcher, LifecycleMethodExecutionExceptionHandler {
    private static final Laptop ADMIN = new Laptop("admin");
    private static boolean installed;
    private static AssertionError broken;
    private static volatile boolean failed;

    @Override
    public void beforeAll(ExtensionContext context) {
        context.getRoot().getStore(ExtensionContext.Namespace.GLOBAL).computeIfAbsent("homes", key ->
                (AutoCloseable) Session::removeHomes);
        if (broken != null) {
            // It took minutes to find out, and takes no class further.
            throw broken;
        }
        if (!installed) {
            try {
                prepare();
                installed = true;
            } catch (AssertionError e) {
                broken = e;
                throw e;
            }
        }
    }

    private static void prepare() {
        Cluster.script("up").ok();
        Cluster.script("samples").ok();
        Cluster.script(
                        "load",
                        Cluster.images().resolve("traffic-manager.tar").toString(),
                        Cluster.images().resolve("traffic-agent.tar").toString())
                .ok();
        ADMIN.telepresence("quit", "-s");
        ADMIN.run(Duration.ofSeconds(240), Laptop.command("helm", "uninstall"));
        install();
        ADMIN.telepresence("quit", "-s").ok();
    }

    /** The traffic-manager as all classes expect it. */
    public static void install() {
        ADMIN.run(
                        Duration.ofSeconds(120),
                        Laptop.command(
                                "helm",
                                "install",
                                "--set",
                                "clientRbac.create=true",
                                // One pod of a StatefulSet after the other, on a busy machine of two cores.
                                "--set",
                                "timeouts.agentArrival=120s,client.timeouts.intercept=120s",
                                "--set-json",
                                "clientRbac.subjects=[{\"kind\":\"Group\",\"name\":\"developers\",\"apiGroup\":\"rbac.authorization.k8s.io\"}]"))
                .ok();
    }

    private static void removeHomes() {
        if (!failed) {
            Laptop.removeHomes();
        }
    }

    @Override
    public void testFailed(ExtensionContext context, Throwable cause) {
        failed = true;
    }

    @Override
    public void handleBeforeAllMethodExecutionException(ExtensionContext context, Throwable cause) throws Throwable {
        failed = true;
        throw cause;
    }
}
