package io.telepresence.manager.rights;

import io.fabric8.kubernetes.client.KubernetesClientException;
import io.telepresence.manager.identity.Person;
import java.time.Duration;
import java.time.InstantSource;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/** An API server that only reviews access: nothing is granted but what a test grants. Remembers what was asked. */
public final class FakeReviews implements AccessReviews.Reviewer {
    public static final Rights.Home HOME = new Rights.Home("ambassador", "traffic-manager-0");

    private final Set<String> granted = ConcurrentHashMap.newKeySet();
    private final List<String> asked = new CopyOnWriteArrayList<>();
    private volatile KubernetesClientException trouble;
    private volatile Runnable meanwhile = () -> {};

    public static Person person(String user, String... groups) {
        return new Person(user, "uid of " + user, List.of(groups), Map.of());
    }

    /** Everybody may do everything. */
    public static Rights anybody() {
        AccessReviews yes = new AccessReviews((_, _) -> true, InstantSource.system(), Duration.ofSeconds(10));
        return new Rights(yes, RequiredGrant.PORTFORWARD, HOME);
    }

    public Rights rights(RequiredGrant grant, InstantSource time) {
        return new Rights(reviews(time), grant, HOME);
    }

    AccessReviews reviews(InstantSource time) {
        return new AccessReviews(this, time, Duration.ofSeconds(10));
    }

    /** @param access as {@code create pods/exec in namespace "default"} */
    public FakeReviews grant(String user, String access) {
        granted.add(user + " " + access);
        return this;
    }

    public void revoke(String user, String access) {
        granted.remove(user + " " + access);
    }

    /** @param code of the answer; 0: there is none */
    public void fails(int code) {
        trouble = new KubernetesClientException("no", code, null);
    }

    public void recovers() {
        trouble = null;
    }

    /** Runs in the middle of each review. */
    void meanwhile(Runnable task) {
        meanwhile = task;
    }

    /** With who is asked about, in order. */
    public List<String> asked() {
        return List.copyOf(asked);
    }

    @Override
    public boolean allowed(Person person, Access access) {
        String question = person.user() + " " + access;
        asked.add(question);
        meanwhile.run();
        if (trouble != null) {
            throw trouble;
        }
        return granted.contains(question);
    }
}
