package io.telepresence.manager.network;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FairShareTest {
    private final FairShare places = new FairShare(5, 2);

    @Test
    void oneCallerLeavesRoomForOthers() {
        assertTrue(places.take("greedy"));
        assertTrue(places.take("greedy"));
        assertFalse(places.take("greedy"));
        assertTrue(places.take("modest"));
        places.give("greedy");
        assertTrue(places.take("greedy"));
    }

    @Test
    void allTogetherHaveALimit() {
        for (String caller : new String[] {"a", "a", "b", "b", "c"}) {
            assertTrue(places.take(caller));
        }
        assertFalse(places.take("c"));
        places.give("a");
        assertTrue(places.take("c"));
        assertFalse(places.take("a"));
    }
}
