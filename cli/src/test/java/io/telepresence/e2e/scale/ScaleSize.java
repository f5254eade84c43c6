package io.telepresence.e2e.scale;

import java.util.Locale;

/**
 * How much of everything.
 *
 * @param agents connections of agents, each for a workload of its own
 * @param clients connections of watching clients
 */
public record ScaleSize(int pods, int nodes, int workloads, int services, int agents, int clients) {
    public ScaleSize {
        if (agents > pods || agents < 1 || nodes < 1 || nodes > 1000 || workloads < 1 || clients < 1) {
            throw new IllegalArgumentException("there are fewer pods than agents, no workload, or too many nodes");
        }
    }

    /** @param text the six numbers, with commas */
    public static ScaleSize parse(String text) {
        String[] parts = text.split(",");
        int[] numbers = new int[6];
        for (int i = 0; i < 6; i++) {
            numbers[i] = Integer.parseInt(parts[i]);
        }
        return new ScaleSize(numbers[0], numbers[1], numbers[2], numbers[3], numbers[4], numbers[5]);
    }

    public static String workload(int i) {
        return String.format(Locale.ROOT, "w-%03d", i);
    }

    public static String replicaSet(int i) {
        return workload(i) + "-6d4f9c";
    }

    /** Name of pod i. */
    public String pod(int i) {
        return replicaSet(i % workloads) + "-" + i / workloads;
    }

    @Override
    public String toString() {
        return pods + "," + nodes + "," + workloads + "," + services + "," + agents + "," + clients;
    }
}
