package io.telepresence.manager.webhook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.node.ArrayNode;
import tools.jackson.databind.node.ObjectNode;

class JsonPatchTest {
    private static final ObjectMapper JSON = new ObjectMapper();

    @Test
    void anyDocumentBecomesAnyOther() {
        Random random = new Random(7);
        for (int i = 0; i < 2000; i++) {
            JsonNode before = object(random, 3);
            JsonNode after = object(random, 3);
            JsonNode patch = JsonPatch.between(before, after);
            assertEquals(after, JsonPatch.apply(patch, before), () -> before + " -> " + after + " by " + patch);
            for (JsonNode operation : patch) {
                String op = operation.get("op").asString();
                assertTrue(op.equals("add") || op.equals("remove") || op.equals("replace"), op);
            }
        }
    }

    @Test
    void equalDocumentsNeedNoPatch() {
        JsonNode document = object(new Random(3), 4);
        assertTrue(JsonPatch.between(document, document.deepCopy()).isEmpty());
    }

    private static JsonNode value(Random random, int depth) {
        return switch (random.nextInt(depth > 0 ? 6 : 4)) {
            case 0 -> JSON.getNodeFactory().numberNode(random.nextInt(5));
            case 1 -> JSON.getNodeFactory().booleanNode(random.nextBoolean());
            case 2 -> JSON.getNodeFactory().nullNode();
            case 3 -> JSON.getNodeFactory().stringNode("s/~" + random.nextInt(5));
            case 4 -> object(random, depth - 1);
            default -> array(random, depth - 1);
        };
    }

    private static ObjectNode object(Random random, int depth) {
        ObjectNode object = JSON.createObjectNode();
        for (int i = random.nextInt(5); i > 0; i--) {
            object.set("telepresence.io/k" + random.nextInt(6), value(random, depth));
        }
        return object;
    }

    private static ArrayNode array(Random random, int depth) {
        ArrayNode array = JSON.createArrayNode();
        for (int i = random.nextInt(5); i > 0; i--) {
            array.add(value(random, depth));
        }
        return array;
    }
}
