package io.telepresence.e2e.safety;

import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Roles that a test gives to users, and takes away again. */
final class Roles {
    static final String OURS = "telepresence.io";
    static final String MANAGER = "ambassador";

    /** What every client needs to get to the traffic-manager at all. */
    static final String REACHES = rule("", "pods", "get, list", "")
            + rule("", "pods/portforward", "get, create", "")
            + rule("", "services", "get", "");

    private static final Duration SOON = Duration.ofSeconds(30);

    private Roles() {}

    /** @param name of the one object; empty: all */
    static String rule(String group, String resource, String verbs, String name) {
        String names = name.isEmpty() ? "" : ", resourceNames: [" + name + "]";
        return "- {apiGroups: [\"%s\"], resources: [%s], verbs: [%s]%s}\n".formatted(group, resource, verbs, names);
    }

    static String subjects(String... users) {
        StringBuilder all = new StringBuilder();
        for (String user : users) {
            all.append(all.isEmpty() ? "" : ", ")
                    .append("{kind: User, apiGroup: rbac.authorization.k8s.io, name: ")
                    .append(user)
                    .append("}");
        }
        return all.toString();
    }

    /** A role and its binding of the same name, as YAML. */
    static String role(String namespace, String name, String subjects, String rules) {
        return """
                apiVersion: rbac.authorization.k8s.io/v1
                kind: Role
                metadata: {name: %1$s, namespace: %2$s}
                rules:
                %4$s
                ---
                apiVersion: rbac.authorization.k8s.io/v1
                kind: RoleBinding
                metadata: {name: %1$s, namespace: %2$s}
                roleRef: {apiGroup: rbac.authorization.k8s.io, kind: Role, name: %1$s}
                subjects: [%3$s]
                ---
                """
                .formatted(name, namespace, subjects, rules.stripTrailing());
    }

    /** A file that {@code kubectl apply} and {@code kubectl delete} take. */
    static Path file(String name, String yaml) {
        try {
            return Files.writeString(Laptop.home().resolve(name + ".yaml"), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void give(Path roles) {
        Cluster.kubectl("apply", "-f", roles.toString()).ok();
    }

    static void take(Path roles) {
        Cluster.kubectl("delete", "-f", roles.toString(), "--ignore-not-found").ok();
    }

    /**
     * The API server learns of roles a moment later. Asked by a review of its own: kubectl auth can-i takes no group of
     * which the API server has no resources.
     *
     * @param resource with its group after the first dot, or its subresource after a slash
     */
    static void awaitRight(String answer, String verb, String resource, String namespace, String user) {
        String[] group = resource.split("\\.", 2);
        String[] type = group[0].split("/");
        Path review = file(
                "review",
                """
                apiVersion: authorization.k8s.io/v1
                kind: SubjectAccessReview
                spec:
                  user: "%s"
                  groups: ["system:authenticated"]
                  resourceAttributes:
                    {verb: %s, resource: %s, subresource: "%s", group: "%s", namespace: %s}
                """
                        .formatted(
                                user,
                                verb,
                                type[0],
                                type.length > 1 ? type[1] : "",
                                group.length > 1 ? group[1] : "",
                                namespace));
        Shell.await(user + " may " + verb + " " + resource + ": " + answer, SOON, () -> Cluster.kubectl(
                        "create", "-f", review.toString(), "-o", "jsonpath={.status.allowed}")
                .ok()
                .stdout()
                .equals(answer.equals("yes") ? "true" : "false"));
    }
}
