package io.telepresence.manager.engagement;

import java.security.SecureRandom;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * Ids of engagements: 128 random bits in hex, a colon, and the name. An id says nothing of the session that has the
 * engagement; everybody may see it, and whoever knows it can do nothing with it. Any thread.
 */
public final class EngagementIds {
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final Pattern BEFORE_NAME = Pattern.compile("[0-9a-f]{32}:");

    private EngagementIds() {}

    /** One that nobody has had. */
    public static String next(String name) {
        byte[] bytes = new byte[16];
        RANDOM.nextBytes(bytes);
        return HexFormat.of().formatHex(bytes) + ":" + name;
    }

    /**
     * For an engagement that had an id.
     *
     * @param before from outside; where it is none of that name's, the result is a new one
     */
    public static String again(String before, String name) {
        boolean ours = before.endsWith(name)
                && BEFORE_NAME
                        .matcher(before.substring(0, before.length() - name.length()))
                        .matches();
        return ours ? before : next(name);
    }
}
