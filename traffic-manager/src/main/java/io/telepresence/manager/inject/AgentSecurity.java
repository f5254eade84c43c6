package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.telepresence.rpc.manager.AgentConfig;
import io.telepresence.rpc.manager.AgentContainer;
import java.util.Objects;
import java.util.Set;

/**
 * The agent's security context: like that of the container it stands in for, else of the first one, so that what admits
 * the pod admits the agent too, but without extra rights. Where nothing says which user that is, it is root, as the container
 * may be: else what only root may read in the volumes could not be served. It has none of root's capabilities. Only where it
 * must listen below 1024 in place of a container that could, it can too. Where it serves volumes of containers with
 * different users, it is root and may become another user. Pure.
 *
 * @param spec with all containers, those that are to be replaced included
 */
record AgentSecurity(PodSpec spec, AgentConfig config) {
    private static final int FIRST_FREE_PORT = 1024;
    private static final String BIND = "NET_BIND_SERVICE";

    SecurityContext context() {
        Container model = model();
        SecurityContext own = Objects.requireNonNullElseGet(model.getSecurityContext(), SecurityContext::new);
        SecurityContextBuilder context = new SecurityContextBuilder(own)
                .withPrivileged(null)
                .withProcMount(null)
                .withAllowPrivilegeEscalation(false)
                .withNewCapabilities()
                .withDrop("ALL")
                .endCapabilities();
        if (root(own) && own.getRunAsUser() == null) {
            context.withRunAsUser(0L);
        }
        if (config.getContainersList().stream().anyMatch(AgentContainer::hasFilesAs)) {
            context.withRunAsUser(0L)
                    .withRunAsGroup(0L)
                    .withRunAsNonRoot(false)
                    .editCapabilities()
                    .addToAdd("SETUID", "SETGID")
                    .endCapabilities();
        }
        if (low() && (root(own) || mayBind(own))) {
            context.editCapabilities().addToAdd(BIND).endCapabilities();
        }
        return context.build();
    }

    private Container model() {
        Set<String> replaced = Replacement.names(config);
        return spec.getContainers().stream()
                .filter(c -> replaced.contains(c.getName()))
                .findFirst()
                .orElseGet(spec.getContainers()::getFirst);
    }

    private boolean low() {
        return config.getContainersList().stream()
                .filter(AgentContainer::getReplaced)
                .flatMap(c -> c.getPortsList().stream())
                .anyMatch(p -> p.getAgentPort() < FIRST_FREE_PORT);
    }

    /** Nothing says that it does not. */
    private boolean root(SecurityContext own) {
        PodSecurityContext pod = Objects.requireNonNullElseGet(spec.getSecurityContext(), PodSecurityContext::new);
        Long user = own.getRunAsUser() == null ? pod.getRunAsUser() : own.getRunAsUser();
        Boolean nonRoot = own.getRunAsNonRoot() == null ? pod.getRunAsNonRoot() : own.getRunAsNonRoot();
        return user == null ? !Boolean.TRUE.equals(nonRoot) : user == 0;
    }

    private static boolean mayBind(SecurityContext own) {
        return Boolean.TRUE.equals(own.getPrivileged())
                || own.getCapabilities() != null
                        && own.getCapabilities().getAdd().stream().anyMatch(Set.of(BIND, "ALL")::contains);
    }
}
