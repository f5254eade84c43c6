package io.telepresence.manager.log;

import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.telepresence.agree.AgentNames;
import io.telepresence.manager.cluster.Pods;
import io.telepresence.manager.cluster.Store;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;

/** Gathers the manager's own log, the agents', and the manifests of their pods. Blocks. */
public final class LogGatherer {
    private static final int PIECE = 256 << 10;

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

    public void gather(Wish wish, Consumer<Piece> pieces) {
        if (wish.manager()) {
            slice("traffic-manager.log", own.get(), pieces);
            if (wish.podYaml() && !ownPod.name().isEmpty()) {
                yaml(ownPod.namespace(), ownPod.name(), "traffic-manager", pieces);
            }
        }
        for (Pod pod : agentPods(wish.agents())) {
            String namespace = pod.getMetadata().getNamespace();
            String name = pod.getMetadata().getName();
            agentLog(namespace, name, pieces);
            if (wish.podYaml()) {
                yaml(namespace, name, name + "." + namespace, pieces);
            }
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

    private void agentLog(String namespace, String name, Consumer<Piece> pieces) {
        String file = name + "." + namespace + ".log";
        try (InputStream in = client.pods()
                .inNamespace(namespace)
                .withName(name)
                .inContainer(AgentNames.CONTAINER)
                .getLogInputStream()) {
            for (byte[] piece = in.readNBytes(PIECE); piece.length > 0; piece = in.readNBytes(PIECE)) {
                pieces.accept(new Piece(file, piece, ""));
            }
        } catch (KubernetesClientException | IOException e) {
            pieces.accept(new Piece(file, new byte[0], String.valueOf(e.getMessage())));
        }
    }

    private void yaml(String namespace, String name, String file, Consumer<Piece> pieces) {
        try {
            Pod pod = client.pods().inNamespace(namespace).withName(name).get();
            if (pod != null) {
                pod.getMetadata().setManagedFields(List.of());
                slice(file + ".yaml", Serialization.asYaml(pod).getBytes(StandardCharsets.UTF_8), pieces);
            }
        } catch (KubernetesClientException e) {
            pieces.accept(new Piece(file + ".yaml", new byte[0], String.valueOf(e.getMessage())));
        }
    }

    private static void slice(String file, byte[] all, Consumer<Piece> pieces) {
        for (int at = 0; at == 0 || at < all.length; at += PIECE) {
            pieces.accept(new Piece(file, java.util.Arrays.copyOfRange(all, at, Math.min(all.length, at + PIECE)), ""));
        }
    }
}
