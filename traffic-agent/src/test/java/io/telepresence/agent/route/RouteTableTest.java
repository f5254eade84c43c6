package io.telepresence.agent.route;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.HeaderMatch;
import io.telepresence.engagement.HttpFilter;
import io.telepresence.engagement.HttpHead;
import io.telepresence.engagement.PathMatch;
import io.telepresence.engagement.Port;
import io.telepresence.engagement.RequestRouter.Rule;
import java.net.InetAddress;
import java.util.List;
import org.junit.jupiter.api.Test;

class RouteTableTest {
    private static final Port HTTP = new Port(Transport.TCP, 8080);
    private static final HttpFilter USER_ANN = new HttpFilter(List.of(new HeaderMatch("X-User", "ann")), List.of());

    @Test
    void whatIsNotEngagedGoesToTheApp() {
        RouteTable rules =
                RouteTable.builder().add(HTTP, taker("ann", HttpFilter.ALL)).build();
        assertEquals("ann", rules.of(HTTP).raw().engagementId());
        assertEquals(Route.APP, rules.of(new Port(Transport.UDP, 8080)).raw());
        assertEquals(Route.APP, rules.of(new Port(Transport.TCP, 8081)).raw());
        assertEquals(Route.APP, RouteTable.NONE.of(HTTP).raw());
        assertFalse(rules.of(HTTP).needsHttp());
    }

    @Test
    void theFirstTakerOfItsTierIsAsked() throws Exception {
        HttpFilter path = new HttpFilter(List.of(), List.of(PathMatch.of(PathMatch.Kind.PREFIX, "/api")));
        PortRoutes rules = PortRoutes.of(List.of(
                taker("all-old", HttpFilter.ALL),
                taker("all-new", HttpFilter.ALL),
                taker("path", path),
                taker("header", USER_ANN)));
        assertTrue(rules.needsHttp());
        assertEquals("header", rules.route(request("/api/x", "ann")).engagementId());
        assertEquals("path", rules.route(request("/api/x", "bob")).engagementId());
        assertEquals("all-old", rules.route(request("/", "bob")).engagementId());
        assertEquals("all-old", rules.raw().engagementId());
    }

    @Test
    void everyTapThatFitsGetsACopy() {
        PortRoutes rules = PortRoutes.of(List.of(
                taker("ann", USER_ANN),
                new Rule<>(target("one"), EngagementKind.WIRETAP, HttpFilter.ALL),
                new Rule<>(target("two"), EngagementKind.WIRETAP, USER_ANN)));
        assertEquals(
                List.of(target("one"), target("two")),
                rules.route(request("/", "ann")).mirrors());
        assertEquals(List.of(target("one")), rules.route(request("/", "bob")).mirrors());
        assertEquals(new Route(Destination.TO_APP, null, List.of(target("one"))), rules.raw());
    }

    @Test
    void onlyAFilteredTakerHasSomewhereElseToGo() {
        assertNull(PortRoutes.of(List.of(taker("ann", HttpFilter.ALL))).raw().fallback());
        assertEquals(
                Destination.TO_APP,
                PortRoutes.of(List.of(taker("ann", USER_ANN)))
                        .route(request("/", "ann"))
                        .fallback());
        Rule<ClientEndpoint> replacing = new Rule<>(target("all"), EngagementKind.REPLACE, HttpFilter.ALL);
        assertEquals(
                new Destination.ToClient(replacing.engagement()),
                PortRoutes.of(List.of(taker("ann", USER_ANN), replacing))
                        .route(request("/", "ann"))
                        .fallback());
    }

    @Test
    void aPortIsInRange() {
        assertThrows(IllegalArgumentException.class, () -> new Port(Transport.TCP, 0));
        assertThrows(IllegalArgumentException.class, () -> new Port(Transport.TCP, 65536));
    }

    @Test
    void theAddressThatAnsweredIsTriedFirst() throws Exception {
        AppAddresses app = new AppAddresses(InetAddress.getByName("10.1.1.1"), 80);
        assertEquals(app.official(), app.get(app.first()));
        app.answered(app.first() + 1);
        assertEquals("/127.0.0.1:80", app.get(app.first()).toString());
        app.answered(app.first() + 2);
        assertEquals(app.official(), app.get(app.first()));
    }

    private static Rule<ClientEndpoint> taker(String id, HttpFilter filter) {
        return new Rule<>(target(id), EngagementKind.INTERCEPT, filter);
    }

    private static ClientEndpoint target(String id) {
        return new ClientEndpoint(id, "127.0.0.1", 1, false);
    }

    private static HttpHead request(String path, String user) {
        return new HttpHead() {
            @Override
            public String method() {
                return "GET";
            }

            @Override
            public String path() {
                return path;
            }

            @Override
            public String header(String lowerCaseName) {
                return lowerCaseName.equals("x-user") ? user : null;
            }
        };
    }
}
