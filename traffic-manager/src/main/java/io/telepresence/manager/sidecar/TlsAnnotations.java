package io.telepresence.manager.sidecar;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.VolumeMount;
import io.telepresence.agree.AgentNames;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** Certificates for an agent that takes part in TLS. A port is meant by its name or number, as the Service has it or as the container has it. */
public record TlsAnnotations(PodAnnotations annotations) {
    /** Whom the agent talks to. */
    public enum Side {
        DOWNSTREAM("downstream", AgentNames.DOWNSTREAM_TLS_PATH, AgentNames.DOWNSTREAM_TLS_SECRET),
        UPSTREAM("upstream", AgentNames.UPSTREAM_TLS_PATH, AgentNames.UPSTREAM_TLS_SECRET);

        private final String word;
        private final String path;
        private final String secret;

        Side(String word, String path, String secret) {
            this.word = word;
            this.path = path;
            this.secret = secret;
        }
    }

    /**
     * Where certificates come from: a directory in the port's container, or a secret of the pod's namespace.
     *
     * @param port as the annotation has it
     * @param path empty: it is a secret
     */
    public record Source(Side side, String port, String path, String secret) {
        /** Where the agent has what it comes from. */
        public String root() {
            return AgentNames.TLS_DIR + "/" + port + "/" + side.word;
        }

        /** The volume of the container that the path leads to; empty for a secret. */
        public Optional<VolumeMount> mountIn(Container container) {
            return path.isEmpty()
                    ? Optional.empty()
                    : container.getVolumeMounts().stream()
                            .filter(m -> below(m.getMountPath()).isPresent())
                            .max(Comparator.comparing(m -> m.getMountPath().length()));
        }

        /** Where the agent has the certificates; empty where no volume of the container leads to the path. */
        public Optional<String> dir(Container container) {
            return path.isEmpty()
                    ? Optional.of(root())
                    : mountIn(container).flatMap(m -> below(m.getMountPath())).map(rest -> root() + rest);
        }

        /** What of the path lies below the mount path: empty text, or text with a leading slash. */
        private Optional<String> below(String mountPath) {
            String top = mountPath.endsWith("/") ? mountPath.substring(0, mountPath.length() - 1) : mountPath;
            String rest = path.endsWith("/") ? path.substring(0, path.length() - 1) : path;
            boolean inside = rest.equals(top) || rest.startsWith(top + "/") && !rest.contains("/..");
            return inside ? Optional.of(rest.substring(top.length())) : Optional.empty();
        }
    }

    /** All, in a lasting order; a path outranks a secret for the same port. */
    public List<Source> sources() {
        List<Source> found = new ArrayList<>();
        for (Side side : Side.values()) {
            annotations.startingWith(side.path).forEach((port, path) -> found.add(new Source(side, port, path, "")));
            annotations.startingWith(side.secret).forEach((port, secret) -> {
                if (found.stream().noneMatch(s -> s.side == side && s.port.equals(port))) {
                    found.add(new Source(side, port, "", secret));
                }
            });
        }
        return found.stream()
                .filter(s -> !s.path.isEmpty() || !s.secret.isEmpty())
                .toList();
    }

    /** @param names by which the port is known */
    public Optional<Source> source(Side side, Set<String> names) {
        return sources().stream()
                .filter(s -> s.side == side && names.contains(s.port))
                .findFirst();
    }

    /** The agent's directory with the certificates of that port; empty where there is none. */
    public String dir(Side side, Set<String> names, Container container) {
        Optional<Source> source = source(side, names);
        Optional<String> dir = source.flatMap(s -> s.dir(container));
        if (source.isPresent() && dir.isEmpty()) {
            PodAnnotations.warn("container " + container.getName() + " has no volume at "
                    + source.get().path() + ", which an annotation names for the certificates of port "
                    + source.get().port());
        }
        return dir.orElse("");
    }

    /** Whether the agent takes any certificate of the application at that port. */
    public boolean insecure(Set<String> names) {
        return annotations.startingWith(AgentNames.UPSTREAM_INSECURE).entrySet().stream()
                .anyMatch(e -> names.contains(e.getKey())
                        && Set.of("enabled", "true").contains(e.getValue().toLowerCase(java.util.Locale.ROOT)));
    }
}
