package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.Lifecycle;
import io.fabric8.kubernetes.api.model.LifecycleBuilder;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.PodContainers;

/** As what an agent runs in its pod. */
public enum SidecarForm {
    /** One of the ordinary containers, the last one: it starts and ends together with the application. */
    CONTAINER {
        @Override
        void place(PodSpec spec, Container agent) {
            spec.getContainers().add(agent);
        }
    },

    /**
     * A native sidecar, the last of the init containers: it starts when the volumes hold what the application will see,
     * before the application; it ends when the application has ended, before all other sidecars.
     */
    NATIVE {
        @Override
        void place(PodSpec spec, Container agent) {
            PodContainers.makeNative(agent);
            agent.setLifecycle(MARK_ENDING);
            spec.getInitContainers().add(agent);
        }
    };

    /** Its signal comes when the application has ended, and some of the grace period has gone by. */
    private static final Lifecycle MARK_ENDING = new LifecycleBuilder()
            .withNewPreStop()
            .withNewExec()
            .withCommand("sh", "-c", ": >" + AgentNames.ENDING_MARK)
            .endExec()
            .endPreStop()
            .build();

    /** Puts the agent where it belongs. Changes both. */
    abstract void place(PodSpec spec, Container agent);

    /** That of a pod with an agent. */
    static SidecarForm of(PodSpec spec) {
        return PodContainers.hasNativeAgent(spec) ? NATIVE : CONTAINER;
    }
}
