package io.telepresence.manager.watch;

import io.fabric8.kubernetes.api.model.batch.v1.CronJob;
import io.fabric8.kubernetes.api.model.batch.v1.Job;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;

/** Work that comes to an end. Both are empty where the manager is not to look at it. */
public record BatchStores(Store<Job> jobs, Store<CronJob> cronJobs) {
    public static final BatchStores NONE = new BatchStores(new NoStore<>(), new NoStore<>());

    /** Of an API server before Kubernetes 1.21, which has CronJobs in batch/v1beta1 only. */
    public static BatchStores before121(
            Store<Job> jobs, Store<io.fabric8.kubernetes.api.model.batch.v1beta1.CronJob> cronJobs) {
        KubernetesSerialization versions = new KubernetesSerialization();
        return new BatchStores(jobs, new ConvertedStore<>(cronJobs, job -> versions.convertValue(job, CronJob.class)));
    }
}
