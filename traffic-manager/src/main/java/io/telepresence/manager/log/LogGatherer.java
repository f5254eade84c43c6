package io.telepresence.manager.log;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.watch.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;

/** Gathers the manager's own log, the agents', and the manifests of their pods. Blocks. */
public final class LogGatherer {
    private static final String MANAGER = "traffic-manager";
    private static final String LOG = ".log";
    private static final String YAML = ".yaml";
    private static final int PIECE = 256 << 10;

    /** The kubelet keeps 10 MiB of a log by default before it begins another. */
    private static final int MOST_OF_ONE = 64 << 20;

    private final KubernetesClient client;
    private final Store<Pod> pods;
    private final Supplier<byte[]> own;
    private final OwnPod ownPod;

    /** Where this process runs; the name may be empty. */
    public record OwnPod(String namespace, String name) {}

    public LogGatherer(KubernetesClient client, Store<Pod> pods, Supplier<byte[]> own, OwnPod ownPod) {
        this.client = client;
        this.pods = pods;
        this.own = own;
        this.ownPod = ownPod;
    }

    /**
     * What is wanted.
     *
     * @param agents "all", "None" or a part of a pod name
     */
    public record Wish(boolean manager, String agents, boolean podYaml) {}

    /**
     * A part of a file; parts of one file come in order.
     *
     * @param error not empty: this file could not be had
     */
    public record Piece(String file, byte[] data, String error) {}

    /** Who gets the pieces. */
    @FunctionalInterface
    public interface Reader {
        /**
         * Returns when it can take more.
         *
         * @return false: it wants no more
         */
        boolean take(Piece piece) throws InterruptedException;
    }

    /** What may be read. */
    @FunctionalInterface
    public interface Permission {
        /**
         * @param yaml the manifests of pods, instead of logs
         * @return why not; empty: it may
         */
        String refusal(String namespace, boolean yaml);
    }

    /**
     * One piece at a time is in memory, however slowly they are taken. What may not be read is a piece that says so; of
     * agents one for each namespace, which does not name their pods.
     */
    public void gather(Wish wish, Permission permission, Reader reader) throws InterruptedException {
        Gate gate = new Gate(permission, reader);
        boolean more = !wish.manager() || manager(wish, gate, reader);
        for (Pod pod : more ? agentPods(wish.agents()) : List.<Pod>of()) {
            String namespace = pod.getMetadata().getNamespace();
            String name = pod.getMetadata().getName();
            boolean goOn = (!gate.opens(namespace, "agents." + namespace + LOG) || agentLog(namespace, name, reader))
                    && (!wish.podYaml()
                            || !gate.opens(namespace, "agents." + namespace + YAML)
                            || yaml(namespace, name, name + "." + namespace, reader));
            if (!goOn) {
                return;
            }
        }
    }

    private boolean manager(Wish wish, Gate gate, Reader pieces) throws InterruptedException {
        String here = ownPod.namespace();
        boolean yaml = wish.podYaml() && !ownPod.name().isEmpty();
        return (!gate.opens(here, MANAGER + LOG) || slice(MANAGER + LOG, own.get(), pieces))
                && (!yaml || !gate.opens(here, MANAGER + YAML) || yaml(here, ownPod.name(), MANAGER, pieces));
    }

    /** Asks once of each namespace, and says once what may not be read. */
    private static final class Gate {
        private final Permission permission;
        private final Reader reader;
        private final Map<String, Boolean> known = new HashMap<>();

        Gate(Permission permission, Reader reader) {
            this.permission = permission;
            this.reader = reader;
        }

        /** @param file what is missing if not */
        boolean opens(String namespace, String file) throws InterruptedException {
            Boolean before = known.get(file);
            if (before == null) {
                String refusal = permission.refusal(namespace, file.endsWith(YAML));
                before = refusal.isEmpty();
                known.put(file, before);
                if (!before) {
                    reader.take(new Piece(file, new byte[0], refusal));
                }
            }
            return before;
        }
    }

    private List<Pod> agentPods(String wanted) {
        return pods.all().stream()
                .filter(Pods::hasAgent)
                .filter(p -> switch (wanted) {
                    case "all" -> true;
                    case "", "None", "none" -> false;
                    default -> p.getMetadata().getName().contains(wanted);
                })
                .toList();
    }

    private boolean agentLog(String namespace, String name, Reader pieces) throws InterruptedException {
        String file = name + "." + namespace + LOG;
        try (InputStream in = client.pods()
                .inNamespace(namespace)
                .withName(name)
                .inContainer(AgentNames.CONTAINER)
                .limitBytes(MOST_OF_ONE)
                .getLogInputStream()) {
            boolean more = true;
            for (byte[] piece = in.readNBytes(PIECE); more && piece.length > 0; piece = in.readNBytes(PIECE)) {
                more = pieces.take(new Piece(file, piece, ""));
            }
            return more;
        } catch (KubernetesClientException | IOException e) {
            return pieces.take(new Piece(file, new byte[0], String.valueOf(e.getMessage())));
        }
    }

    private boolean yaml(String namespace, String name, String file, Reader pieces) throws InterruptedException {
        try {
            Pod pod = client.pods().inNamespace(namespace).withName(name).get();
            if (pod == null) {
                return true;
            }
            pod.getMetadata().setManagedFields(List.of());
            return slice(file + YAML, Serialization.asYaml(pod).getBytes(StandardCharsets.UTF_8), pieces);
        } catch (KubernetesClientException e) {
            return pieces.take(new Piece(file + YAML, new byte[0], String.valueOf(e.getMessage())));
        }
    }

    private static boolean slice(String file, byte[] all, Reader pieces) throws InterruptedException {
        boolean more = true;
        for (int at = 0; more && (at == 0 || at < all.length); at += PIECE) {
            byte[] piece = Arrays.copyOfRange(all, at, Math.min(all.length, at + PIECE));
            more = pieces.take(new Piece(file, piece, ""));
        }
        return more;
    }
}
