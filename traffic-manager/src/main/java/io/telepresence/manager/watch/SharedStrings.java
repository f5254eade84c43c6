package io.telepresence.manager.watch;

import tools.jackson.core.JsonParser;
import tools.jackson.databind.DeserializationContext;
import tools.jackson.databind.deser.jdk.StringDeserializer;

/**
 * Reads texts so that equal ones are mostly the same object: of the texts of a pod nearly all are those of the pod before it.
 * It remembers a fixed number of short ones; which of them is left to chance. Any thread.
 */
final class SharedStrings extends StringDeserializer {
    private static final int REMEMBERED = 4096;
    private static final int LONGEST = 256;

    /** By their hash codes. Strings are immutable, so it does not matter which of two threads is seen. */
    private final String[] remembered = new String[REMEMBERED];

    @Override
    public String deserialize(JsonParser parser, DeserializationContext context) {
        return shared(super.deserialize(parser, context));
    }

    /** An equal text: that one, or one that was given before. Null stays null. */
    String shared(String text) {
        if (text == null || text.length() > LONGEST) {
            return text;
        }
        int place = text.hashCode() & (REMEMBERED - 1);
        String before = remembered[place];
        if (text.equals(before)) {
            return before;
        }
        remembered[place] = text;
        return text;
    }
}
