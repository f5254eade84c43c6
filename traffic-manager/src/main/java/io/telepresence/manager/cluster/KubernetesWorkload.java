package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.PodTemplateSpec;
import java.util.Map;

/**
 * A workload as it is now.
 *
 * @param labels its own, not those of its pods
 * @param replicas how many pods are wished; of a Job: are running, of a CronJob: how many of its Jobs are
 * @param ready how many of them are ready
 * @param template what its pods are made of; never null
 */
public record KubernetesWorkload(
        WorkloadRef ref, String uid, Map<String, String> labels, int replicas, int ready, PodTemplateSpec template) {}
