package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import tools.jackson.core.JacksonException;

class ReviewRequestTest {
    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static ReviewRequest of(String object) {
        return ReviewRequest.of(bytes("{\"request\":{\"uid\":\"u\",\"namespace\":\"n\",\"object\":" + object + "}}"));
    }

    @Test
    void whatIsNeededIsFoundInAnyOrder() {
        String pod = "{\"metadata\":{\"name\":\"jürgen \\u20ac €\",\"labels\":{}},\"spec\":{\"a\":[1,{\"b\":[]}]}}";
        byte[] document =
                bytes("{\"kind\":\"AdmissionReview\",\"request\":{\"x\":{\"uid\":\"not\",\"€\":[{}]},\"object\":" + pod
                        + ",\"oldObject\":null,\"namespace\":\"n\",\"uid\":\"u\"},\"z\":1}");
        ReviewRequest request = ReviewRequest.of(document);
        assertEquals("u", request.uid());
        assertEquals("n", request.namespace());
        int from = request.pod().from();
        assertEquals(pod, new String(document, from, request.pod().to() - from, StandardCharsets.UTF_8));
    }

    @Test
    void whatIsNoReviewIsRefused() {
        for (String no : new String[] {
            "",
            "{}",
            "[]",
            "{\"request\":{\"uid\":1,\"object\":{}}}",
            "{\"request\":{\"uid\":\"u\"}}",
            "{\"request\":{\"uid\":\"u\",\"object\":[{}]}}"
        }) {
            assertThrows(IllegalArgumentException.class, () -> ReviewRequest.of(bytes(no)), no);
        }
        assertThrows(JacksonException.class, () -> of("{\"a\":"));
        assertThrows(
                JacksonException.class, () -> ReviewRequest.of(bytes("{\"a\":[" + "{},".repeat(1_000_000) + "{}]}")));
    }

    @Test
    void aPodThatWouldTakeTooMuchMemoryIsNotLookedAt() {
        assertNull(of("{\"a\":[" + "{},".repeat(ReviewRequest.MOST_ELEMENTS) + "{}]}")
                .pod());
        assertNull(of("{\"a\":[" + ("[" + "{},".repeat(1_000) + "{}],").repeat(30) + "{}]}")
                .pod());
        assertNull(of("{\"a\":" + "[".repeat(1_000) + "]".repeat(1_000) + "}").pod());
        String manyNumbers = "[" + "1,".repeat(1_900) + "1]";
        assertNull(of("{\"a\":[" + (manyNumbers + ",").repeat(150) + "1]}").pod());
    }
}
