package io.telepresence.manager.webhook;

import io.fabric8.zjsonpatch.DiffFlags;
import io.fabric8.zjsonpatch.JsonDiff;
import java.util.EnumSet;
import tools.jackson.databind.JsonNode;

/** RFC 6902 patches as the difference of two documents. Pure. */
public final class JsonPatch {
    private static final EnumSet<DiffFlags> PLAIN =
            EnumSet.of(DiffFlags.OMIT_MOVE_OPERATION, DiffFlags.OMIT_COPY_OPERATION, DiffFlags.OMIT_VALUE_ON_REMOVE);

    private JsonPatch() {}

    /** Operations add, remove and replace that turn {@code before} into {@code after}; an empty array if equal. */
    public static JsonNode between(JsonNode before, JsonNode after) {
        return JsonDiff.asJson(before, after, PLAIN);
    }

    /** The document that results. {@code document} itself is left as it is. */
    public static JsonNode apply(JsonNode patch, JsonNode document) {
        return io.fabric8.zjsonpatch.JsonPatch.apply(patch, document);
    }
}
