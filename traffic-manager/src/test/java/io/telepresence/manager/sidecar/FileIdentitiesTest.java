package io.telepresence.manager.sidecar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.rpc.agent.FileIdentity;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class FileIdentitiesTest {
    private static Map<String, FileIdentity> different(String pod, String first, String second) {
        String yaml =
                """
                securityContext: {%s}
                containers:
                - {name: first, volumeMounts: [{name: d, mountPath: /d}], securityContext: {%s}}
                - {name: second, volumeMounts: [{name: d, mountPath: /d}], securityContext: {%s}}
                - {name: bare, securityContext: {runAsUser: 99}}
                """
                        .formatted(pod, first, second);
        return new FileIdentities(new KubernetesSerialization().unmarshal(yaml, PodSpec.class)).different();
    }

    private static FileIdentity identity(long user, long group, Long... groups) {
        return FileIdentity.newBuilder()
                .setUser(user)
                .setGroup(group)
                .addAllGroups(List.of(groups))
                .build();
    }

    @Test
    void eachContainerHasItsOwnIdentity() {
        assertEquals(
                Map.of("first", identity(1, 3, 7L, 8L), "second", identity(2, 4, 7L, 8L)),
                different(
                        "runAsUser: 1, runAsGroup: 3, fsGroup: 7, supplementalGroups: [8]",
                        "",
                        "runAsUser: 2, runAsGroup: 4"));
        assertEquals(Map.of("first", identity(0, 0), "second", identity(2, 0)), different("", "", "runAsUser: 2"));
    }

    @Test
    void oneUserIsTheAgentsOwn() {
        assertEquals(Map.of(), different("runAsUser: 1", "", "runAsUser: 1"));
        assertEquals(Map.of(), different("", "", ""));
    }

    @Test
    void whereOneMustNotBeRootTheAgentIsNot() {
        assertEquals(Map.of(), different("runAsNonRoot: true", "runAsUser: 1", "runAsUser: 2"));
        assertEquals(Map.of(), different("", "runAsUser: 1", "runAsUser: 2, runAsNonRoot: true"));
    }
}
