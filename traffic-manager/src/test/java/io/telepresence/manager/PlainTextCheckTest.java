package io.telepresence.manager;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.protobuf.Descriptors.Descriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.Message;
import io.grpc.Status;
import io.telepresence.manager.Conversation.Answers;
import io.telepresence.manager.grpc.PlainTextCheck;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.SessionRef;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(60)
class PlainTextCheckTest {
    @TempDir
    Path directory;

    /** A request in which one text, somewhere, clears the screen. */
    private record Case(String field, Message request) {}

    private static List<Case> cases(Descriptor type) {
        List<Case> cases = new ArrayList<>();
        for (FieldDescriptor field : type.getFields()) {
            if (field.getJavaType() == FieldDescriptor.JavaType.STRING) {
                cases.add(new Case(field.getFullName(), with(type, field, "a\u001b[2J")));
            } else if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
                cases(field.getMessageType())
                        .forEach(below -> cases.add(new Case(below.field(), with(type, field, below.request()))));
            }
        }
        return cases;
    }

    private static Message with(Descriptor type, FieldDescriptor field, Object value) {
        DynamicMessage.Builder builder = DynamicMessage.newBuilder(type);
        return (field.isRepeated() ? builder.addRepeatedField(field, value) : builder.setField(field, value)).build();
    }

    @Test
    void everyTextOfAClientIsPlainButDocumentsAndWhatItWasTold() {
        Set<String> free = new TreeSet<>();
        int refused = 0;
        for (var method : SessionRef.getDescriptor()
                .getFile()
                .findServiceByName("Manager")
                .getMethods()) {
            for (Case each : cases(method.getInputType())) {
                if (PlainTextCheck.firstBad(each.request()).isEmpty()) {
                    free.add(each.field());
                } else {
                    refused++;
                }
            }
        }
        assertTrue(refused > 50, "refused: " + refused);
        assertEquals(
                Set.of(
                        "telepresence.engagement.Engagement.message",
                        "telepresence.manager.YamlRequest.OptionsEntry.key",
                        "telepresence.manager.YamlRequest.OptionsEntry.value",
                        "telepresence.manager.YamlRequest.agent_config",
                        "telepresence.manager.YamlRequest.input"),
                free);
    }

    @Test
    void namesOfPeopleAreFine() {
        EngageRequest request = EngageRequest.newBuilder()
                .setSpec(EngagementSpec.newBuilder()
                        .setName("j\u00fcrgen \ud83d\udc69\u200d\ud83d\udcbb")
                        .addHttpHeaders(
                                HttpHeader.newBuilder().setName("x-user").setValue("\u6771\u4eac")))
                .build();
        assertEquals(Optional.empty(), PlainTextCheck.firstBad(request));
    }

    @Test
    void aTextThatNobodyWritesByHandIsRefused() {
        EngageRequest.Builder request = EngageRequest.newBuilder();
        request.setSessionId("x".repeat(4096));
        assertEquals(Optional.empty(), PlainTextCheck.firstBad(request.build()));
        request.setSessionId("x".repeat(4097));
        assertEquals(Optional.of("session_id"), PlainTextCheck.firstBad(request.build()));
    }

    @Test
    void theClientIsToldWhichField() throws Exception {
        try (TwoClients clients = new TwoClients(directory)) {
            EngageRequest request = EngageRequest.newBuilder()
                    .setSessionId(clients.annSession)
                    .setSpec(EngagementSpec.newBuilder().setName("echo\nforged"))
                    .build();
            Answers answers = clients.ann.ask("Engage", request);
            assertEquals(Status.Code.FAILED_PRECONDITION, answers.end().getCode());
            assertEquals(
                    "there is a control character or a line break in \"name\", or it is longer than 4096 characters",
                    answers.end().getDescription());
        }
    }
}
