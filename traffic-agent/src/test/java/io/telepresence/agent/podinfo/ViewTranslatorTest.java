package io.telepresence.agent.podinfo;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ViewTranslatorTest {
    private static String remark(OptionalLong user, boolean local) {
        return remark(user, local, Optional.empty());
    }

    private static String remark(OptionalLong user, boolean local, Optional<FileIdentity> as) {
        AppContainer app = new AppContainer("app", "", List.of(new AppVolume("d", "/d", false, local)), user, as);
        AppEnvironment none = new AppEnvironment(Map.of(), Set.of(), false);
        AppPod pod = new AppPod("p", "1.2.3.4", List.of(app), none, 7, Path.of("/"));
        return ViewTranslator.view(pod, app).getRemark();
    }

    @Test
    void anotherUserThanTheContainersIsNamed() {
        assertEquals(
                "the volumes of container app are read as user 7, and it runs as user 8: what only that one may read or"
                        + " write is refused",
                remark(OptionalLong.of(8), false));
        assertEquals("", remark(OptionalLong.of(7), false));
        assertEquals("", remark(OptionalLong.empty(), false));
        assertEquals("", remark(OptionalLong.of(8), true), "nothing is served");
        Optional<FileIdentity> eight = Optional.of(new FileIdentity(8, 0, List.of()));
        assertEquals("", remark(OptionalLong.of(8), false, eight), "served as that user");
    }

    @Test
    void anAgentThatMayNotBeSomebodyElseIsItself() {
        AgentConfig config = AgentConfig.newBuilder()
                .addContainers(AgentContainer.newBuilder()
                        .setFilesAs(io.telepresence.rpc.agent.FileIdentity.newBuilder()
                                .setUser(8)
                                .setGroup(9)
                                .addGroups(10)))
                .build();
        assertEquals(
                Optional.of(new FileIdentity(8, 9, List.of(10L))),
                ViewTranslator.containers(config, true).getFirst().filesAs());
        assertEquals(
                Optional.empty(),
                ViewTranslator.containers(config, false).getFirst().filesAs());
    }
}
