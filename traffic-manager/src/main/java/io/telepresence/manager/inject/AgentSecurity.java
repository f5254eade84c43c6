package io.telepresence.manager.inject;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.PodSecurityContext;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.api.model.SecurityContextBuilder;
import io.telepresence.manager.cluster.PodContainers;
import io.telepresence.rpc.agent.AgentConfig;
import io.telepresence.rpc.agent.AgentContainer;
import java.util.List;
import java.util.Locale;
import java.util.Objects;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The agent's security context: like that of the container it stands in for, else of the first one, so that what admits
 * the pod admits the agent too, but without extra rights. Where nothing says which user that is, it is root, as the container
 * may be: else what only root may read in the volumes could not be served. Of root's capabilities it has those for files that
 * the containers whose volumes it serves have themselves, because root in a container reads and writes whoever's files. Only
 * where it must listen below 1024 in place of a container that could, it can too. Where it serves volumes of containers with
 * different users, it is root and may become another user. Pure.
 *
 * @param spec with all containers, those that are to be replaced included
 */
record AgentSecurity(PodSpec spec, AgentConfig config) {
    /** Of a container that only waits: it serves nothing. */
    static AgentSecurity ofWaiting(PodSpec spec) {
        return new AgentSecurity(spec, AgentConfig.getDefaultInstance());
    }

    private static final int FIRST_FREE_PORT = 1024;
    private static final String BIND = "NET_BIND_SERVICE";

    /** Container runtimes give them to root, and Pod Security's level "baseline" admits them. */
    private static final List<String> FOR_FILES = List.of("CHOWN", "DAC_OVERRIDE", "FOWNER", "FSETID");

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
        if (Objects.equals(context.getRunAsUser(), 0L) || root(own)) {
            context.editCapabilities().addAllToAdd(forFiles()).endCapabilities();
        }
        if (low() && (root(own) || mayBind(own))) {
            context.editCapabilities().addToAdd(BIND).endCapabilities();
        }
        return context.build();
    }

    private Container model() {
        Set<String> replaced = ContainerReplacement.names(config);
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

    /** What each container that may be root, and whose volumes are served, has. */
    private List<String> forFiles() {
        Set<String> served = config.getContainersList().stream()
                .filter(c -> c.getMountsList().stream().anyMatch(m -> !m.getLocal()))
                .map(AgentContainer::getName)
                .collect(Collectors.toSet());
        List<SecurityContext> roots = PodContainers.application(spec).stream()
                .filter(c -> served.contains(c.getName()))
                .map(c -> Objects.requireNonNullElseGet(c.getSecurityContext(), SecurityContext::new))
                .filter(this::root)
                .toList();
        return roots.isEmpty()
                ? List.of()
                : FOR_FILES.stream()
                        .filter(right -> roots.stream().allMatch(own -> has(own, right)))
                        .toList();
    }

    private static boolean has(SecurityContext own, String right) {
        if (Boolean.TRUE.equals(own.getPrivileged()) || own.getCapabilities() == null) {
            return true;
        }
        return lists(own.getCapabilities().getAdd(), right)
                || !lists(own.getCapabilities().getDrop(), right);
    }

    private static boolean lists(List<String> capabilities, String right) {
        return capabilities.stream()
                .map(c -> c.toUpperCase(Locale.ROOT))
                .anyMatch(Set.of(right, "CAP_" + right, "ALL")::contains);
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
                || own.getCapabilities() != null && lists(own.getCapabilities().getAdd(), BIND);
    }
}
