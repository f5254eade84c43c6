package io.telepresence.manager.rollout;

import java.util.regex.Pattern;

/**
 * What keeps a new pod from coming up.
 *
 * @param text one sentence that names the object
 * @param room what is missing may be what the old pod has: a node's resources or ports, a volume, a quota
 * @param refused nothing was made, and waiting is of no use
 */
public record PodHitch(String text, boolean room, boolean refused) {
    /** How LimitRange and ResourceQuota say, in all supported versions, that a container has too little, too much, or nothing. */
    private static final Pattern SHARE = Pattern.compile(
            "per (Container|Pod)|must specify |requested: \\S*(cpu|memory|ephemeral-storage)|Insufficient (cpu|memory)");

    /** Whether it is about how much the containers ask for, so that a smaller or other agent might fit. */
    boolean share() {
        return SHARE.matcher(text).find();
    }
}
