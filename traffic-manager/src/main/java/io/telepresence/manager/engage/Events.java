package io.telepresence.manager.engage;

import java.util.List;

/** The warnings that Kubernetes has for a namespace. */
@FunctionalInterface
interface Events {
    /** The present Warning events; blocks. Empty where events may not be read. */
    List<PodTroubles.Event> warnings(String namespace);
}
