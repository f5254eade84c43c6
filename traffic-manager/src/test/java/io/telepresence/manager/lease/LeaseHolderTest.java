package io.telepresence.manager.lease;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.api.model.PodBuilder;
import org.junit.jupiter.api.Test;

/** Pods of a StatefulSet have one name after the other's end. */
class LeaseHolderTest {
    private static Pod pod(String uid) {
        return new PodBuilder()
                .withNewMetadata()
                .withName("traffic-manager-0")
                .withUid(uid)
                .endMetadata()
                .build();
    }

    @Test
    void aSuccessorOfTheSameNameIsAnother() {
        LeaseHolder holder = LeaseHolder.parse(new LeaseHolder("traffic-manager-0", "a-1").toString());
        assertEquals(new LeaseHolder("traffic-manager-0", "a-1"), holder);
        assertFalse(holder.isNot(pod("a-1")));
        assertTrue(holder.isNot(pod("a-2")));
        assertTrue(holder.isNot(null));
    }

    @Test
    void aHolderOfBeforeIsWhateverPodHasItsName() {
        LeaseHolder holder = LeaseHolder.parse("traffic-manager-7c9f");
        assertFalse(holder.isNot(pod("a-2")));
        assertTrue(holder.isNot(null));
        assertEquals("traffic-manager-7c9f", holder.toString());
    }
}
