package io.telepresence.manager.network;

import java.util.HashMap;
import java.util.Map;

/** Places that callers share; nobody has more than a part of them, so that one alone cannot take all. Thread-safe. */
public final class FairShare {
    private final int all;
    private final int each;
    private final Map<String, Integer> taken = new HashMap<>();
    private int sum;

    /**
     * @param all places that there are
     * @param each places that one caller may have at a time
     */
    public FairShare(int all, int each) {
        this.all = all;
        this.each = each;
    }

    /** False: all are taken, or all of this caller's. Else the place is to be given back by {@link #give}, once. */
    public synchronized boolean take(String caller) {
        int own = taken.getOrDefault(caller, 0);
        if (sum >= all || own >= each) {
            return false;
        }
        taken.put(caller, own + 1);
        sum++;
        return true;
    }

    /** Gives one place back. */
    public synchronized void give(String caller) {
        taken.computeIfPresent(caller, (_, own) -> own == 1 ? null : own - 1);
        sum--;
    }
}
