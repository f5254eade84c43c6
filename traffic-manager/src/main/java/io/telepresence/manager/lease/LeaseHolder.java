package io.telepresence.manager.lease;

import io.fabric8.kubernetes.api.model.Pod;

/**
 * A pod as a Lease names it: {@code NAME_UID}, since a pod of a StatefulSet comes back with its old name. Holders of before
 * have no uid.
 *
 * @param uid empty: whatever pod has that name
 */
record LeaseHolder(String pod, String uid) {
    /** No name of a pod has it. */
    private static final char BETWEEN = '_';

    static LeaseHolder parse(String holder) {
        int at = holder.indexOf(BETWEEN);
        return at < 0
                ? new LeaseHolder(holder, "")
                : new LeaseHolder(holder.substring(0, at), holder.substring(at + 1));
    }

    /** Whether that pod, which may be null, is another one. */
    boolean isNot(Pod found) {
        return found == null
                || !uid.isEmpty() && !uid.equals(found.getMetadata().getUid());
    }

    @Override
    public String toString() {
        return uid.isEmpty() ? pod : pod + BETWEEN + uid;
    }
}
