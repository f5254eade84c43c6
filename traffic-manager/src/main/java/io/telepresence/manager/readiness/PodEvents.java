package io.telepresence.manager.readiness;

import java.util.List;

/** The warnings that Kubernetes has for a namespace. */
@FunctionalInterface
public interface PodEvents {
    /** The present Warning events; blocks. Empty where events may not be read. */
    List<PodProblems.Event> warnings(String namespace);
}
