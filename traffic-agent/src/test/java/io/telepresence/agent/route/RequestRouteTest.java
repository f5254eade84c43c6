package io.telepresence.agent.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

/** A request falls back once, and only from where its rule sent it. */
class RequestRouteTest {
    private static final Destination ANN = client("ann");
    private static final Destination BOB = client("bob");

    @Test
    void fromTheMatchedClientToTheFallbackAndNoFurther() {
        RequestRoute request = new RequestRoute(new Route(ANN, BOB, List.of()));
        assertEquals("ann", request.engagementId());
        assertTrue(request.fallBack(ANN));
        assertEquals(BOB, request.destination());
        assertEquals("bob", request.engagementId());
        assertEquals("ann", request.matchedEngagementId());
        assertTrue(request.failedOpen());
        assertFalse(request.fallBack(BOB), "once");
        assertFalse(request.fallBack(ANN), "a late failure of the first place");
        assertEquals(BOB, request.destination());
    }

    @Test
    void withoutFallbackTheCallerIsRefused() {
        RequestRoute request = new RequestRoute(new Route(ANN, null, List.of()));
        assertFalse(request.fallBack(ANN));
        assertFalse(request.failedOpen());
        assertEquals(ANN, request.destination());
    }

    @Test
    void theAppIsNoEngagement() {
        RequestRoute request = new RequestRoute(new Route(ANN, Destination.TO_APP, List.of()));
        assertTrue(request.fallBack(ANN));
        assertEquals("", request.engagementId());
        assertFalse(new RequestRoute(Route.APP).fallBack(Destination.TO_APP));
    }

    private static Destination client(String id) {
        return new Destination.ToClient(new ClientEndpoint(id, "127.0.0.1", 8080, false));
    }
}
