package io.telepresence.manager.rights;

import io.telepresence.engagement.EngagementKind;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.cluster.WorkloadRef;
import io.telepresence.manager.identity.Person;
import io.telepresence.text.Printable;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;

/**
 * Whether a user may do something; each method returns if he may. They throw DENIED with one sentence that names the missing
 * right, or UNREACHABLE if the API server could not say. Any thread but event loops: blocks.
 */
public final class Rights {
    private static final String ASK =
            "Ask the cluster's administrator for one of these rights;" + " the chart's value clientRbac grants them";

    private final AccessReviews reviews;
    private final RequiredGrant grant;
    private final Home home;

    /** Where the manager is; the name of the pod may be empty. */
    public record Home(String namespace, String pod) {}

    public Rights(AccessReviews reviews, RequiredGrant grant, Home home) {
        this.reviews = reviews;
        this.grant = grant;
        this.home = home;
    }

    public void mayConnect(Person person) throws FaultException {
        require(person, Deed.CONNECT, home.namespace(), "");
    }

    public void mayAttach(Person person, EngagementKind kind, WorkloadRef workload) throws FaultException {
        require(person, kind.hasPorts() ? Deed.ATTACH : Deed.INGEST, workload.namespace(), workload.name());
    }

    public void mayUninstall(Person person, WorkloadRef workload) throws FaultException {
        require(person, Deed.UNINSTALL, workload.namespace(), workload.name());
    }

    /** @param workload empty: one that is not in the cluster */
    public void mayGenerateYaml(Person person, String namespace, String workload) throws FaultException {
        require(person, Deed.GENERATE_YAML, namespace, workload);
    }

    /** @param yaml the manifests of pods too */
    public void mayReadLogs(Person person, String namespace, boolean yaml) throws FaultException {
        require(person, yaml ? Deed.READ_YAML : Deed.READ_LOGS, namespace, "");
    }

    /** Of the manager and of all agents. */
    public void maySetLevels(Person person) throws FaultException {
        require(person, Deed.SET_LEVELS, home.namespace(), "");
    }

    /** What is there, and what is engaged. */
    public void maySee(Person person, String namespace) throws FaultException {
        require(person, Deed.SEE, namespace, "");
    }

    /**
     * Those of the namespaces that he may see, each once.
     *
     * @throws FaultException there is none
     */
    public List<String> visible(Person person, List<String> namespaces) throws FaultException {
        List<String> seen = new ArrayList<>();
        FaultException first = null;
        for (String namespace : new LinkedHashSet<>(namespaces)) {
            try {
                maySee(person, namespace);
                seen.add(namespace);
            } catch (FaultException e) {
                first = first == null ? e : first;
            }
        }
        if (first != null && seen.isEmpty()) {
            throw first;
        }
        return seen;
    }

    /** Whether it is for too long that the API server says nothing; see {@link AccessReviews#GRACE}. */
    boolean silentTooLong() {
        return reviews.silentTooLong();
    }

    /** The one place where somebody is refused something for want of a right. */
    private void require(Person person, Deed deed, String namespace, String workload) throws FaultException {
        if (!person.known() && grant == RequiredGrant.PORTFORWARD) {
            return;
        }
        List<Right> enough = deed.enough(grant);
        if (!person.known() || !reviews.any(person, accesses(enough, namespace, workload))) {
            // The one to ask for is the one that is enough with every Kubernetes.
            List<Right> named =
                    enough.stream().filter(r -> r != Right.FORWARD_BY_GET).toList();
            throw refusal(person, accesses(named, namespace, workload)).exception();
        }
    }

    private List<Access> accesses(List<Right> rights, String namespace, String workload) {
        return rights.stream().map(right -> right.in(namespace, workload, home)).toList();
    }

    private static Fault refusal(Person person, List<Access> missing) {
        StringBuilder rights = new StringBuilder(missing.getFirst().toString());
        for (int i = 1; i < missing.size(); i++) {
            rights.append(", nor ").append(missing.get(i).after(missing.get(i - 1)));
        }
        String text = Printable.line(person.toString()) + " may not " + rights;
        return Fault.denied(text, person.known() ? ASK : "The API server has not said who you are");
    }
}
