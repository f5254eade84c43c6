package io.telepresence.manager.cluster;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.Service;
import io.telepresence.manager.watch.FakeApiServer;
import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Whether a pod is an endpoint, asked of API servers of several ages. */
class ServiceEndpointsTest {
    private static final String GROUP = "discovery.k8s.io";
    private static final Service WEB =
            FakeCluster.parse("{apiVersion: v1, kind: Service, metadata: {name: web, namespace: a}}");
    private FakeApiServer api;

    @BeforeEach
    void open() throws IOException {
        api = FakeApiServer.open();
    }

    @AfterEach
    void close() {
        api.close();
    }

    private static Pod pod(String uid) {
        return FakeCluster.parse("{apiVersion: v1, kind: Pod, metadata: {name: x, namespace: a, uid: " + uid + "}}");
    }

    private void withSlices(String version) {
        api.with(
                "/apis/discovery.k8s.io/" + version + "/namespaces/a/endpointslices",
                """
                {"kind": "EndpointSliceList", "apiVersion": "discovery.k8s.io/%1$s", "metadata": {}, "items": [
                  {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/%1$s", "metadata": {"name": "web-1"},
                   "addressType": "IPv6", "endpoints": [{"addresses": ["fd00::1"]}]},
                  {"kind": "EndpointSlice", "apiVersion": "discovery.k8s.io/%1$s", "metadata": {"name": "web-2"},
                   "addressType": "IPv4", "endpoints": [
                     {"addresses": ["10.0.0.1"], "conditions": {"ready": true}, "targetRef": {"uid": "one"}},
                     {"addresses": ["10.0.0.2"], "conditions": {"ready": false}, "targetRef": {"uid": "two"}}]}]}
                """
                        .formatted(version));
    }

    private void findsItsPods() {
        ServiceEndpoints endpoints = ServiceEndpoints.of(api.client());
        assertTrue(endpoints.lead(WEB, pod("one")));
        assertTrue(endpoints.lead(WEB, pod("two")), "a pod that is not ready may have open connections");
        assertFalse(endpoints.lead(WEB, pod("three")));
    }

    @ParameterizedTest
    @ValueSource(strings = {"v1", "v1beta1"})
    void slicesOfTheVersionThatThereIs(String version) {
        api.withGroup(GROUP, version);
        withSlices(version);
        findsItsPods();
        String asked = api.asked().getLast();
        assertTrue(asked.contains("labelSelector=kubernetes.io%2Fservice-name%3Dweb"), asked);
    }

    @Test
    void theNewerVersionWhereThereAreBoth() {
        api.withGroup(GROUP, "v1beta1", "v1");
        withSlices("v1");
        findsItsPods();
        assertEquals(0, api.asked().stream().filter(p -> p.contains("v1beta1")).count());
    }

    @Test
    void endpointsOnlyWhereThereAreNoSlices() {
        api.with(
                "/api/v1/namespaces/a/endpoints/web",
                """
                {"kind": "Endpoints", "apiVersion": "v1", "metadata": {"name": "web"}, "subsets": [
                  {"addresses": [{"ip": "10.0.0.1", "targetRef": {"uid": "one"}}, {"ip": "10.0.0.9"}],
                   "notReadyAddresses": [{"ip": "10.0.0.2", "targetRef": {"uid": "two"}}]}]}
                """);
        findsItsPods();
    }

    @Test
    void aServiceWithoutEndpointsLeadsNowhere() {
        assertFalse(ServiceEndpoints.of(api.client()).lead(WEB, pod("one")));
    }
}
