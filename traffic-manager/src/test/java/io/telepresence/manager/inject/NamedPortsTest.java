package io.telepresence.manager.inject;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.Namespace;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.Pod;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Named ports are redirected wherever that can be. */
class NamedPortsTest {
    private static final String APP = "containers: [{name: app}]";

    private static boolean redirected(String namespace, String pod, String spec) {
        Optional<ObjectMeta> meta = namespace.equals("unknown")
                ? Optional.empty()
                : Optional.of(SidecarInjectorTest.YAML
                        .unmarshal("apiVersion: v1\nkind: Namespace\nmetadata: {" + namespace + "}", Namespace.class)
                        .getMetadata());
        return new NamedPorts(true, _ -> meta)
                .redirected(
                        SidecarInjectorTest.YAML.unmarshal(
                                "apiVersion: v1\nkind: Pod\nmetadata: {" + pod + "}\nspec: {" + spec + "}", Pod.class),
                        "any");
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            quoteCharacter = '`',
            textBlock =
                    """
            name: any                                                       | name: a                                             | true
            labels: {pod-security.kubernetes.io/enforce: privileged}        | name: a                                             | true
            labels: {pod-security.kubernetes.io/warn: restricted}           | name: a                                             | true
            labels: {pod-security.kubernetes.io/enforce: baseline}          | name: a                                             | false
            labels: {pod-security.kubernetes.io/enforce: restricted}        | name: a                                             | false
            annotations: {openshift.io/sa.scc.uid-range: 1000/1000}         | name: a                                             | false
            unknown                                                         | name: a                                             | false
            labels: {istio-injection: enabled}                              | name: a                                             | false
            labels: {istio-injection: disabled}                             | name: a                                             | true
            labels: {istio.io/rev: stable}                                  | name: a                                             | false
            labels: {istio.io/dataplane-mode: ambient}                      | name: a                                             | false
            annotations: {linkerd.io/inject: ingress}                       | name: a                                             | false
            labels: {istio-injection: enabled}                              | labels: {sidecar.istio.io/inject: "false"}          | true
            name: any                                                       | annotations: {sidecar.istio.io/inject: "true"}      | false
            name: any                                                       | annotations: {linkerd.io/inject: enabled}           | false
            labels: {kuma.io/sidecar-injection: enabled}                    | annotations: {linkerd.io/inject: disabled}          | true
            """)
    void followTheNamespaceAndThePod(String namespace, String pod, boolean wanted) {
        assertEquals(wanted, redirected(namespace, pod, APP));
    }

    @Test
    void areRenamedBesideTheProxyOfAMesh() {
        assertEquals(false, redirected("name: any", "name: a", "containers: [{name: app}, {name: istio-proxy}]"));
        assertEquals(
                false,
                redirected(
                        "name: any",
                        "name: a",
                        "initContainers: [{name: linkerd-proxy, restartPolicy: Always}], containers: [{name: app}]"));
    }

    @Test
    void areRenamedWhereTheChartSaysSo() {
        Pod pod = SidecarInjectorTest.YAML.unmarshal("apiVersion: v1\nkind: Pod\nspec: {" + APP + "}", Pod.class);
        assertEquals(false, new NamedPorts(false, _ -> Optional.of(new ObjectMeta())).redirected(pod, "any"));
        assertEquals(false, NamedPorts.RENAMED.redirected(pod, "any"));
    }
}
