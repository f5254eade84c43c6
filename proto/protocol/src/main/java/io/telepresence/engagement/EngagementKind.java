package io.telepresence.engagement;

import java.util.Locale;

/**
 * The ways to bind local code to a workload. Whoever asks what a kind does asks one of its properties: nothing outside this
 * enum compares kinds, so a new one is described here.
 */
public enum EngagementKind {
    INTERCEPT(Traffic.TAKEN, Files.READ_WRITE, Name.BY_USER),
    REPLACE(Traffic.TAKEN, Files.READ_WRITE, Name.BY_CONTAINER),
    WIRETAP(Traffic.COPIED, Files.READ_ONLY, Name.BY_USER),
    INGEST(Traffic.NONE, Files.READ_ONLY, Name.BY_CONTAINER);

    private enum Traffic {
        /** It does not reach the application. */
        TAKEN,
        /** The application does not notice. */
        COPIED,
        NONE
    }

    private enum Files {
        READ_WRITE,
        READ_ONLY
    }

    private enum Name {
        /** He chooses one, or it is the workload's. */
        BY_USER,
        /** WORKLOAD/CONTAINER. */
        BY_CONTAINER
    }

    private final Traffic traffic;
    private final Files files;
    private final Name name;

    EngagementKind(Traffic traffic, Files files, Name name) {
        this.traffic = traffic;
        this.files = files;
        this.name = name;
    }

    /** Its traffic goes to the client instead of the application. */
    public boolean takesTraffic() {
        return traffic == Traffic.TAKEN;
    }

    /** The client gets a copy of the traffic. */
    public boolean copiesTraffic() {
        return traffic == Traffic.COPIED;
    }

    /** It is about ports; one that is not leaves all traffic alone. */
    public boolean hasPorts() {
        return traffic != Traffic.NONE;
    }

    /** It may be about some requests only. */
    public boolean hasFilter() {
        return hasPorts() && !namedByContainer();
    }

    /** Its client may change files of the pod. */
    public boolean writesFiles() {
        return files == Files.READ_WRITE;
    }

    /** It is called after its workload and container, not by the user. */
    public boolean namedByContainer() {
        return name == Name.BY_CONTAINER;
    }

    /** Its container is not in the pods as long as it lasts. */
    public boolean replacesContainer() {
        return this == REPLACE;
    }

    /** One agent is enough for it, whichever pod it is in. */
    public boolean needsOnePod() {
        return !hasPorts();
    }

    /** Within a sentence: intercept. */
    public String word() {
        return name().toLowerCase(Locale.ROOT);
    }

    /** Within a sentence: an intercept. */
    public String withArticle() {
        return (word().charAt(0) == 'i' ? "an " : "a ") + word();
    }

    /** At the begin of a sentence: Intercept. */
    public String title() {
        return name().charAt(0) + word().substring(1);
    }
}
