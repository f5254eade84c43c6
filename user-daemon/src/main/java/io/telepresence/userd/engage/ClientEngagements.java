package io.telepresence.userd.engage;

import io.telepresence.engagement.Engagement;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.engagement.EngagementState;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.ClientEngagement;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;

/** The engagements of this laptop: what the user wished, with the last state that the manager told. Thread-safe. */
public final class ClientEngagements {
    /** By the name that the manager gave. */
    private final Map<String, Entry> entries = new LinkedHashMap<>();

    private final Set<String> starting = new HashSet<>();
    private boolean closed;

    /** Everything that serves or is about to end, as the user sees it, oldest first. */
    public synchronized List<ClientEngagement> shown() {
        return entries.values().stream()
                .filter(e -> e.established)
                .map(e -> e.local.shown(e.now()))
                .toList();
    }

    /** The same without what is this workstation's own. */
    public synchronized List<Engagement> all() {
        return entries.values().stream()
                .filter(e -> e.established)
                .map(Entry::now)
                .toList();
    }

    /** What a manager that knows nothing is told: wishes that stand, without what is this laptop's own. */
    public synchronized List<Engagement> wished() {
        return entries.values().stream()
                .filter(e -> e.established && !e.leaving)
                .map(e -> e.told)
                .toList();
    }

    /** The same engagement with what only this client knows of it; empty: it is another client's. */
    public synchronized Optional<ClientEngagement> shown(Engagement told) {
        Entry own = entries.get(told.name());
        boolean ours = own != null && own.established && own.told.id().equals(told.id());
        if (!ours) {
            return Optional.empty();
        }
        Engagement now = own.leaving ? told.with(EngagementState.TERMINATING) : told;
        return Optional.of(own.local.shown(now).toBuilder().clearLack().build());
    }

    /**
     * The engagement with that id as it was agreed on, if it is ours and may deliver: from its reservation until it has
     * ended.
     */
    synchronized Optional<Engagement> byId(String id) {
        return entries.values().stream()
                .filter(e -> e.told.id().equals(id))
                .map(e -> e.agreed)
                .findFirst();
    }

    /**
     * What the manager says now. An engagement that it named before and names no more is over.
     *
     * @param settled false: the manager is just being told what there is, so nothing follows from what it leaves out
     * @return what is over; the caller closes it
     */
    synchronized List<Entry> heard(List<Engagement> reported, boolean settled) {
        Map<String, Engagement> now = new LinkedHashMap<>();
        reported.forEach(e -> now.put(e.name(), e));
        List<Entry> gone = new ArrayList<>();
        for (Entry entry : List.copyOf(entries.values())) {
            String name = entry.told.name();
            Engagement told = now.get(name);
            if (told != null) {
                entry.told = told;
                entry.seen = true;
                if (entry.established && isOver(told)) {
                    entry.ended.complete(told.status().message());
                }
            } else if (settled && entry.seen && entry.established && !entry.leaving) {
                entries.remove(name);
                gone.add(entry);
            }
        }
        return gone;
    }

    /** Checks what can be known here, and holds the place; a fault holds nothing. */
    synchronized void begin(EngagementSpec spec, List<String> mapped) throws FaultException {
        String key = EngagementNames.key(spec);
        boolean known = starting.contains(key)
                || entries.values().stream()
                        .anyMatch(e -> EngagementNames.same(
                                spec, e.told.spec(), e.told.status().container()));
        if (known) {
            throw EngagementNames.known(spec).exception();
        }
        if (!mapped.isEmpty() && !mapped.contains(spec.namespace())) {
            throw Fault.user(
                            "the namespace \"" + spec.namespace() + "\" is not mapped",
                            "Connect with --mapped-namespaces including it")
                    .exception();
        }
        starting.add(key);
    }

    /** The place is free again. */
    synchronized void begun(EngagementSpec spec) {
        starting.remove(EngagementNames.key(spec));
    }

    /**
     * The manager has entered it: connections may come from now on.
     *
     * @throws FaultException its traffic would come where another one's comes already; it is not entered here
     */
    synchronized Entry reserved(Engagement told, EngagementResources local) throws FaultException {
        checkOpen();
        for (Entry other : entries.values()) {
            Optional<String> clash = Targets.clash(told, other.agreed);
            if (clash.isPresent()) {
                EngagementSpec first = other.agreed.spec();
                throw Fault.user(
                                clash.get() + " is already the target of the "
                                        + first.kind().word() + " \"" + first.name() + "\"",
                                "Choose another local port")
                        .exception();
            }
        }
        return enter(told, local);
    }

    private Entry enter(Engagement told, EngagementResources local) {
        Entry entry = new Entry(told, local);
        entries.put(told.name(), entry);
        return entry;
    }

    private void checkOpen() throws FaultException {
        if (closed) {
            throw Fault.user("the connection was ended meanwhile", "Run: telepresence connect")
                    .exception();
        }
    }

    /**
     * It serves.
     *
     * @throws FaultException nobody would end it any more
     */
    synchronized Entry established(Engagement told, EngagementResources local) throws FaultException {
        checkOpen();
        Entry entry = entries.get(told.name());
        if (entry == null) {
            entry = enter(told, local);
        }
        boolean broken = isOver(entry.told);
        entry.established = true;
        if (broken) {
            entry.ended.complete(entry.told.status().message());
        } else {
            entry.told = told;
        }
        return entry;
    }

    /** It is over; false: it was already. */
    synchronized boolean over(Entry entry) {
        return entries.remove(entry.told.name(), entry);
    }

    /** Everything, also what is only reserved; none is left, and none comes any more. */
    synchronized List<Entry> clear() {
        closed = true;
        List<Entry> all = List.copyOf(entries.values());
        entries.clear();
        return all;
    }

    /** The one that the user means. */
    synchronized Entry find(EngagementNames.Wanted wanted) throws FaultException {
        List<Entry> established =
                entries.values().stream().filter(e -> e.established).toList();
        return EngagementNames.find(wanted, established);
    }

    /** Marks it as about to end; false: it was already. */
    synchronized boolean leaving(Entry entry) {
        boolean first = !entry.leaving;
        entry.leaving = true;
        return first;
    }

    /** Complete, with the reason, when the engagement that the user means is over. */
    public CompletableFuture<String> ended(String name, String container, String namespace) throws FaultException {
        return find(new EngagementNames.Wanted(name, container, namespace)).ended;
    }

    /** It is shown with its reason until the user leaves it, but a program for it has no work. */
    private static boolean isOver(Engagement told) {
        return told.state().isOver();
    }

    static boolean rolls(Engagement engagement) {
        return engagement.kind().replacesContainer();
    }
}
