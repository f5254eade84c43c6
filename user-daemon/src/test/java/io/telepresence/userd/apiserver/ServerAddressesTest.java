package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Each dial goes where the name leads now; what is in use is exempt from the tunnel, the old addresses too. */
@Timeout(30)
class ServerAddressesTest {
    private static final InetAddress A = InetAddress.ofLiteral("192.0.2.1");
    private static final InetAddress B = InetAddress.ofLiteral("192.0.2.2");

    private List<InetAddress> answer = List.of(A);

    private List<InetAddress> resolve(String name) throws UnknownHostException {
        if (answer.isEmpty()) {
            throw new UnknownHostException(name);
        }
        return answer;
    }

    @Test
    void aServerThatMovesIsFollowed() throws Exception {
        ServerAddresses addresses = ServerAddresses.find("api.test", this::resolve);
        List<List<InetAddress>> told = new ArrayList<>();
        addresses.used().watch(told::add);
        assertEquals(List.of(A), addresses.now());
        answer = List.of(B);
        assertEquals(List.of(B), addresses.now());
        answer = List.of(B, A);
        assertEquals(List.of(B, A), addresses.now());
        answer = List.of();
        assertEquals(List.of(B, A), addresses.now(), "a resolver that fails changes nothing");
        assertEquals(List.of(List.of(A), List.of(B, A)), told);
    }

    @Test
    void notTooManyFormerOnesAreKept() throws Exception {
        ServerAddresses addresses = ServerAddresses.find("api.test", this::resolve);
        for (int i = 10; i < 60; i++) {
            answer = List.of(InetAddress.ofLiteral("192.0.2." + i));
            assertEquals(answer, addresses.now());
        }
        assertEquals(16, addresses.used().get().size());
        assertEquals(answer.getFirst(), addresses.used().get().getFirst());
    }

    @Test
    void aResolverThatDoesNotAnswerIsNotWaitedForLong() throws Exception {
        CountDownLatch never = new CountDownLatch(1);
        int[] asked = {0};
        ServerAddresses addresses = ServerAddresses.find("api.test", name -> {
            if (asked[0]++ > 0) {
                try {
                    never.await();
                } catch (InterruptedException e) {
                    throw new UnknownHostException(name);
                }
            }
            return List.of(A);
        });
        assertEquals(List.of(A), addresses.now());
        never.countDown();
    }

    @Test
    void anAddressIsNotLookedUp() throws Exception {
        ServerAddresses addresses = ServerAddresses.find("192.0.2.1", this::resolve);
        answer = List.of(B);
        assertEquals(List.of(A), addresses.now());
    }
}
