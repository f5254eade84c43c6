package io.telepresence.userd.helm;

import com.marcnuri.helm.Helm;
import com.marcnuri.helm.InstallCommand;
import com.marcnuri.helm.LintResult;
import com.marcnuri.helm.Release;
import com.marcnuri.helm.UpgradeCommand;
import io.telepresence.agree.AgentNames;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.userd.config.ConfigText;
import io.telepresence.userd.kubeconfig.KubeTarget;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.function.Supplier;
import java.util.function.UnaryOperator;

/** One Helm request; blocks for up to the Helm timeout and twice that for hooks. The kubeconfig stays in memory. */
public final class HelmService {
    private static final String RELEASE = "traffic-manager";
    private static final int TIMEOUT_SECONDS = 90;

    private final HelmRequest request;
    private final String kubeconfig;
    private final String namespace;
    private final Supplier<String> pod;

    private HelmService(HelmRequest request, KubeTarget target, String namespace, Supplier<String> pod) {
        this.request = request;
        this.kubeconfig = ConfigText.yaml(target.asKubeconfig());
        this.namespace = namespace;
        this.pod = pod;
    }

    /**
     * Runs the request.
     *
     * @param target the cluster; not used by lint and version
     * @param progress gets a line before each long step
     * @param pod tells what the manager's pod in a namespace is waiting for; empty: nothing known
     * @return what is printed at the end
     */
    public static String run(
            HelmRequest request, KubeTarget target, Consumer<String> progress, UnaryOperator<String> pod)
            throws FaultException {
        String namespace =
                request.getManagerNamespace().isEmpty() ? AgentNames.MANAGER_NAMESPACE : request.getManagerNamespace();
        checkVersion(request.getVersion());
        HelmService service = new HelmService(request, target, namespace, () -> pod.apply(namespace));
        try (EmbeddedChart chart = EmbeddedChart.unpack()) {
            return switch (request.getVerb()) {
                case INSTALL -> service.install(chart, progress);
                case UPGRADE -> service.upgrade(chart, progress);
                case UNINSTALL -> service.uninstall(progress);
                case LINT -> service.lint(chart);
                case VERSION -> version();
                case UNRECOGNIZED ->
                    throw Fault.user("this user daemon does not know that helm command", "")
                            .exception();
            };
        } catch (IOException e) {
            throw Fault.internal("the embedded chart cannot be unpacked: " + e.getMessage())
                    .exception(e);
        } catch (IllegalStateException e) {
            throw HelmFaults.of(e, namespace, service.pod).exception(e);
        }
    }

    private static void checkVersion(String version) throws FaultException {
        String own = Versions.VERSION.substring(1);
        if (!version.isEmpty() && !version.equals(own) && !version.equals(Versions.VERSION)) {
            throw Fault.user(
                            "this client has no chart version " + version + ", only " + own,
                            "Use the client of that version, or leave --version out")
                    .exception();
        }
    }

    private static String version() {
        return Helm.version().call().strip();
    }

    private String install(EmbeddedChart chart, Consumer<String> progress) throws FaultException, IOException {
        if (installed().isPresent()) {
            throw Fault.user(
                            "a traffic-manager is already installed in namespace " + namespace,
                            "Use \"telepresence helm upgrade\" to change it")
                    .exception();
        }
        progress.accept("Installing the traffic-manager in namespace " + namespace);
        InstallCommand install = new Helm(chart.path())
                .install()
                .withName(RELEASE)
                .withNamespace(namespace)
                .withKubeConfigContents(kubeconfig)
                .withValuesFile(chart.write("values.yaml", ConfigText.yaml(HelmValues.of(request))))
                .waitReady()
                .withTimeout(TIMEOUT_SECONDS);
        if (request.getCreateNamespace()) {
            install.createNamespace();
        }
        Release release;
        try {
            release = install.call();
        } catch (IllegalStateException e) {
            // Asked before the pod is removed.
            FaultException failed = HelmFaults.of(e, namespace, pod).exception(e);
            removeFailed();
            throw failed;
        }
        return HelmWarnings.after(
                "Traffic Manager installed successfully", release.getOutput(), HelmValues.of(request));
    }

    /** A failed first installation leaves nothing behind. */
    private void removeFailed() {
        try {
            if (installed().isPresent()) {
                Helm.uninstall(RELEASE)
                        .withNamespace(namespace)
                        .withKubeConfigContents(kubeconfig)
                        .noHooks()
                        .call();
            }
        } catch (IllegalStateException e) {
            org.slf4j.LoggerFactory.getLogger(HelmService.class).warn("removing a failed installation", e);
        }
    }

    private String upgrade(EmbeddedChart chart, Consumer<String> progress) throws FaultException, IOException {
        if (installed().isEmpty()) {
            throw notInstalled();
        }
        progress.accept("Upgrading the traffic-manager in namespace " + namespace);
        UpgradeCommand upgrade = new Helm(chart.path())
                .upgrade()
                .withName(RELEASE)
                .withNamespace(namespace)
                .withKubeConfigContents(kubeconfig)
                .withValuesFile(chart.write("values.yaml", ConfigText.yaml(HelmValues.of(request))))
                .waitReady()
                .withTimeout(TIMEOUT_SECONDS);
        if (request.getReuseValues()) {
            // Those that a newer chart adds have no value in the installed release.
            upgrade.resetThenReuseValues();
        }
        if (request.getResetValues()) {
            upgrade.resetValues();
        }
        Release release = upgrade.call();
        return HelmWarnings.after("Traffic Manager upgraded successfully", release.getOutput(), HelmValues.of(request));
    }

    private String uninstall(Consumer<String> progress) throws FaultException {
        if (installed().isEmpty()) {
            throw notInstalled();
        }
        progress.accept("Removing the traffic-agents and the traffic-manager from namespace " + namespace);
        var uninstall = Helm.uninstall(RELEASE).withNamespace(namespace).withKubeConfigContents(kubeconfig);
        if (request.getNoHooks()) {
            uninstall.noHooks();
        }
        uninstall.call();
        return "Traffic Manager uninstalled successfully";
    }

    private String lint(EmbeddedChart chart) throws FaultException, IOException {
        Map<String, Object> values = HelmValues.of(request);
        var file = chart.path().resolve("values.yaml");
        Files.writeString(file, HelmValues.over(Files.readString(file), values));
        LintResult result = new Helm(chart.path()).lint().call();
        String messages = String.join("\n", result.getMessages());
        if (result.isFailed()) {
            throw HelmFaults.lint(messages).exception();
        }
        return messages;
    }

    private Optional<Release> installed() {
        List<Release> releases = Helm.list()
                .all()
                .withNamespace(namespace)
                .withKubeConfigContents(kubeconfig)
                .call();
        return releases.stream().filter(r -> r.getName().equals(RELEASE)).findFirst();
    }

    private FaultException notInstalled() {
        return Fault.user(
                        "no traffic-manager is installed in namespace " + namespace,
                        "Use \"telepresence helm install\", or name its namespace with --manager-namespace")
                .exception();
    }
}
