package io.telepresence.manager.identity;

import io.fabric8.kubernetes.client.KubernetesClientException;
import java.net.HttpURLConnection;

/** What the traffic-manager's own account may not do, and who can mend that. */
public final class MissingRight {
    public static final String REMEDY = "Its administrator runs: telepresence helm upgrade. With the Helm value"
            + " managerRbac.create=false the chart grants nothing: then the service account \"traffic-manager\" needs that"
            + " right, in the whole cluster, by a role of the administrator's own";

    private MissingRight() {}

    /** Whether the API server refuses the manager itself. */
    public static boolean isMissing(KubernetesClientException why) {
        return why.getCode() == HttpURLConnection.HTTP_FORBIDDEN
                || why.getCode() == HttpURLConnection.HTTP_UNAUTHORIZED;
    }

    /** @param resource with its group, as in {@code kubectl auth can-i} */
    public static String sentence(String verb, String resource) {
        return "the traffic-manager itself may not " + verb + " " + resource;
    }
}
