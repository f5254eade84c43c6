package io.telepresence.manager.grpc;

import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.ForwardingServerCallListener.SimpleForwardingServerCallListener;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.StatusRuntimeException;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultStatus;
import io.telepresence.text.Printable;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * Refuses a client's request with a control character or a line break in any of its texts, or with one that is longer than
 * {@value #LONGEST} characters: names, header values and the like are
 * shown to others, in lists, messages and logs. The exceptions are documents, and what the client was told by others.
 */
public final class PlainTextCheck implements ServerInterceptor {
    private static final int LONGEST = 4096;
    private static final Set<String> FREE = Set.of(
            "telepresence.manager.YamlRequest.input",
            "telepresence.manager.YamlRequest.agent_config",
            "telepresence.manager.YamlRequest.options",
            "telepresence.engagement.Engagement.message");

    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
            ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
        return new SimpleForwardingServerCallListener<>(next.startCall(call, headers)) {
            private boolean refused;

            @Override
            public void onMessage(Q request) {
                Optional<String> field = request instanceof Message message ? firstBad(message) : Optional.empty();
                if (field.isEmpty()) {
                    super.onMessage(request);
                    return;
                }
                refused = true;
                StatusRuntimeException error = FaultStatus.toStatus(Fault.user(
                                "there is a control character or a line break in \"" + field.get()
                                        + "\", or it is longer than " + LONGEST + " characters",
                                "")
                        .exception());
                call.close(error.getStatus(), error.getTrailers());
            }

            @Override
            public void onHalfClose() {
                if (!refused) {
                    super.onHalfClose();
                }
            }
        };
    }

    /** The name of the first field whose text is not plain. */
    public static Optional<String> firstBad(Message message) {
        for (Map.Entry<FieldDescriptor, Object> field : message.getAllFields().entrySet()) {
            if (!FREE.contains(field.getKey().getFullName())) {
                List<?> values = field.getValue() instanceof List<?> list ? list : List.of(field.getValue());
                for (Object value : values) {
                    if (value instanceof String text && (text.length() > LONGEST || Printable.hasControls(text))) {
                        return Optional.of(field.getKey().getName());
                    }
                    Optional<String> below = value instanceof Message inner ? firstBad(inner) : Optional.empty();
                    if (below.isPresent()) {
                        return below;
                    }
                }
            }
        }
        return Optional.empty();
    }
}
