package io.telepresence.manager.webhook;

import java.util.ArrayDeque;
import java.util.Deque;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import tools.jackson.core.JsonParser;
import tools.jackson.core.JsonToken;
import tools.jackson.core.ObjectReadContext;
import tools.jackson.core.StreamReadConstraints;
import tools.jackson.core.exc.StreamConstraintsException;
import tools.jackson.core.json.JsonFactory;

/**
 * What of an admission review is needed. It is found without building anything of the rest, and no larger than what the
 * memory for one review is reckoned for: a document of {@link #MOST_BYTES} can stand for a hundred times its size in objects.
 *
 * @param pod the place of the pod's JSON in the document; null: it is more than is looked at
 */
record ReviewRequest(String uid, String namespace, Span pod) {
    /** The API server takes objects of up to 3 MiB; a review holds one object. */
    static final int MOST_BYTES = 3_584 << 10;

    /** Objects and arrays; the largest pod that etcd takes by default, 1.5 MiB, has fewer. */
    static final int MOST_STRUCTURES = 20_000;

    /** Names, values, and the two ends of each structure. */
    static final int MOST_TOKENS = 200_000;

    /** Elements of one array; a patch compares them with each other. */
    static final int MOST_ELEMENTS = 2_000;

    private static final Logger LOG = LoggerFactory.getLogger(ReviewRequest.class);
    private static final int DEEPEST = 64;
    private static final JsonFactory JSON = JsonFactory.builder()
            .streamReadConstraints(StreamReadConstraints.builder()
                    .maxNestingDepth(DEEPEST)
                    .maxTokenCount(MOST_TOKENS)
                    .maxDocumentLength(MOST_BYTES)
                    .build())
            .build();

    /** Bytes {@code from} to {@code to}, the latter excluded. */
    record Span(int from, int to) {}

    /**
     * @throws IllegalArgumentException it is no review of a pod
     * @throws tools.jackson.core.JacksonException it is no JSON
     */
    static ReviewRequest of(byte[] document) {
        try (JsonParser parser = JSON.createParser(ObjectReadContext.empty(), document)) {
            return new Reader(parser).read(document);
        }
    }

    private static final class Reader {
        private final JsonParser parser;
        private final Deque<int[]> elements = new ArrayDeque<>();
        private int structures;
        private String uid;
        private String namespace = "";
        private Span pod;

        Reader(JsonParser parser) {
            this.parser = parser;
        }

        ReviewRequest read(byte[] document) {
            try {
                return small(document);
            } catch (StreamConstraintsException e) {
                if (uid == null) {
                    throw e;
                }
                LOG.warn("a pod in namespace {} is let through as it is: {}", namespace, e.getOriginalMessage());
                return new ReviewRequest(uid, namespace, null);
            }
        }

        private ReviewRequest small(byte[] document) {
            if (parser.nextToken() != JsonToken.START_OBJECT) {
                throw new IllegalArgumentException("not an AdmissionReview");
            }
            for (String name = name(); name != null; name = name()) {
                if (name.equals("request") && parser.currentToken() == JsonToken.START_OBJECT) {
                    request();
                } else {
                    pass();
                }
            }
            if (uid == null || pod == null || document[pod.from()] != '{') {
                throw new IllegalArgumentException("not an AdmissionReview");
            }
            return new ReviewRequest(uid, namespace, pod);
        }

        private void request() {
            for (String name = name(); name != null; name = name()) {
                switch (name) {
                    case "uid" -> uid = text();
                    case "namespace" -> namespace = text();
                    case "object" -> pod = object();
                    default -> pass();
                }
            }
        }

        /** The next member's name, with the parser at its value; null at the object's end. */
        private String name() {
            if (parser.nextToken() != JsonToken.PROPERTY_NAME) {
                return null;
            }
            String name = parser.currentName();
            parser.nextToken();
            return name;
        }

        private String text() {
            if (parser.currentToken() != JsonToken.VALUE_STRING) {
                throw new IllegalArgumentException("not an AdmissionReview");
            }
            return parser.getString();
        }

        private Span object() {
            int from = at();
            boolean isObject = parser.currentToken() == JsonToken.START_OBJECT;
            pass();
            return isObject ? new Span(from, at() + 1) : null;
        }

        /** Less than zero where the document is not in UTF-8. */
        private int at() {
            long at = parser.currentTokenLocation().getByteOffset();
            if (at < 0) {
                throw new IllegalArgumentException("not in UTF-8");
            }
            return (int) at;
        }

        /** Past the present value, counting. */
        private void pass() {
            int depth = 0;
            for (JsonToken token = parser.currentToken(); token != null; token = parser.nextToken()) {
                if (token.isStructStart()) {
                    element();
                    depth++;
                    elements.push(new int[] {token == JsonToken.START_ARRAY ? 0 : Integer.MIN_VALUE});
                    count();
                } else if (token.isStructEnd()) {
                    depth--;
                    elements.pop();
                } else if (token.isScalarValue()) {
                    element();
                }
                if (depth == 0) {
                    return;
                }
            }
        }

        private void count() {
            structures++;
            if (structures > MOST_STRUCTURES) {
                throw new StreamConstraintsException("more than " + MOST_STRUCTURES + " objects and arrays");
            }
        }

        private void element() {
            int[] around = elements.peek();
            if (around != null && ++around[0] > MOST_ELEMENTS) {
                throw new StreamConstraintsException("an array of more than " + MOST_ELEMENTS);
            }
        }
    }
}
