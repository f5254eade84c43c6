package io.telepresence.manager.webhook;

import com.marcnuri.helm.Helm;
import io.fabric8.kubernetes.api.model.ConfigMap;
import io.fabric8.kubernetes.api.model.HasMetadata;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.manager.config.ManagerSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The objects that Helm makes of the chart. */
public final class RenderedChart {
    public static final Path CHART = Path.of("src/main/chart");
    public static final KubernetesSerialization YAML = new KubernetesSerialization();

    private RenderedChart() {}

    /** @param values YAML */
    public static List<HasMetadata> render(String kubeVersion, String values) throws Exception {
        return render(CHART, kubeVersion, values);
    }

    /** Of another chart. Objects that are hooks are left out. */
    public static List<HasMetadata> render(Path chart, String kubeVersion, String values) throws Exception {
        Path file = Files.createTempFile("values", ".yaml");
        try {
            Files.writeString(file, values);
            String objects = new Helm(chart)
                    .template()
                    .withName("traffic-manager")
                    .withNamespace("ambassador")
                    .withKubeVersion(kubeVersion)
                    // What asks the cluster stays off: there is none here.
                    .set("agentInjector.checkOverlap", false)
                    .set("agentInjector.certificate.regenerate", true)
                    .withValuesFile(file)
                    .call();
            return Arrays.stream(objects.split("(?m)^---"))
                    .filter(d -> d.contains("kind:"))
                    .map(d -> (HasMetadata) YAML.unmarshal(d))
                    .toList();
        } finally {
            Files.delete(file);
        }
    }

    public static <T extends HasMetadata> T one(List<HasMetadata> objects, Class<T> type) {
        return objects.stream()
                .filter(type::isInstance)
                .map(type::cast)
                .findFirst()
                .orElseThrow();
    }

    /** The file that the manager reads. */
    public static String json(List<HasMetadata> objects) {
        return one(objects, ConfigMap.class).getData().get("settings.json");
    }

    /** As the manager reads them. */
    public static ManagerSettings settings(List<HasMetadata> objects) throws Exception {
        return ManagerSettings.of(json(objects), Map.of("POD_NAMESPACE", "ambassador", "POD_NAME", "m"));
    }
}
