package io.telepresence.manager;

import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import io.grpc.CallOptions;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServiceDescriptor;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.telepresence.rpc.tunnel.Frame;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.TunnelGrpc;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.BiFunction;
import java.util.stream.Stream;

/** What one peer of the manager asks by name of the call, and all that it is answered. Close it. */
final class Conversation implements AutoCloseable {
    private static final long SECONDS = 10;

    private final ManagedChannel channel;
    private final ServiceDescriptor service;
    private final Metadata metadata = new Metadata();
    private final Queue<String> heard = new ConcurrentLinkedQueue<>();

    Conversation(InetSocketAddress at, ServiceDescriptor service) {
        this.channel = NettyChannelBuilder.forAddress(at)
                .usePlaintext()
                .maxInboundMessageSize(64 << 20)
                .build();
        this.service = service;
    }

    /** Sent with each call from now on. */
    Conversation withToken(String token) {
        metadata.put(Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER), "Bearer " + token);
        return this;
    }

    /** All texts in all answers, errors too. */
    List<String> heard() {
        return List.copyOf(heard);
    }

    /** The answers of one call so far. */
    static final class Answers implements StreamObserver<Message> {
        private final Conversation conversation;
        private final List<Message> messages = new CopyOnWriteArrayList<>();
        private final CompletableFuture<Status> end = new CompletableFuture<>();
        private final CompletableFuture<Void> first = new CompletableFuture<>();

        private Answers(Conversation conversation) {
            this.conversation = conversation;
        }

        List<Message> messages() {
            return messages;
        }

        Message only() {
            return messages.getFirst();
        }

        Status end() throws Exception {
            return end.get(SECONDS, TimeUnit.SECONDS);
        }

        /** @return whether there is an answer; false: it was refused */
        boolean answered() throws Exception {
            first.get(SECONDS, TimeUnit.SECONDS);
            return !messages.isEmpty();
        }

        @Override
        public void onNext(Message message) {
            strings(message).forEach(conversation.heard::add);
            messages.add(message);
            first.complete(null);
        }

        @Override
        public void onError(Throwable error) {
            conversation.heard.add(String.valueOf(error.getMessage()));
            Metadata trailers = Status.trailersFromThrowable(error);
            for (String key : trailers == null ? List.<String>of() : List.copyOf(trailers.keys())) {
                conversation.heard.add(text(trailers, key));
            }
            end.complete(Status.fromThrowable(error));
            first.complete(null);
        }

        @Override
        public void onCompleted() {
            end.complete(Status.OK);
            first.complete(null);
        }
    }

    /** Begins a call; its answers come later. */
    Answers begin(String method, Message request) {
        Answers answers = new Answers(this);
        @SuppressWarnings("unchecked")
        MethodDescriptor<Message, Message> called = (MethodDescriptor<Message, Message>) service.getMethods().stream()
                .filter(m -> m.getBareMethodName().equals(method))
                .findFirst()
                .orElseThrow();
        var call = ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(metadata))
                .newCall(called, CallOptions.DEFAULT.withDeadlineAfter(2, TimeUnit.MINUTES));
        if (called.getType() == MethodDescriptor.MethodType.UNARY) {
            ClientCalls.asyncUnaryCall(call, request, answers);
        } else {
            ClientCalls.asyncServerStreamingCall(call, request, answers);
        }
        return answers;
    }

    /** Makes a call and waits for its end. */
    Answers ask(String method, Message request) throws Exception {
        Answers answers = begin(method, request);
        answers.end();
        return answers;
    }

    /** Makes a call and waits for its one answer, which must come. */
    <A extends Message> A get(String method, Message request, Class<A> kind) throws Exception {
        return kind.cast(ask(method, request).only());
    }

    /** Opens a flow; it stays open until the far end closes it. */
    Answers flow(Open open) {
        Answers answers = new Answers(this);
        BiFunction<StreamObserver<Frame>, Open, StreamObserver<Frame>> begin = (in, first) -> {
            StreamObserver<Frame> out = TunnelGrpc.newStub(channel)
                    .withDeadlineAfter(2, TimeUnit.MINUTES)
                    .flow(in);
            out.onNext(Frame.newBuilder().setOpen(first).build());
            return out;
        };
        begin.apply(
                new StreamObserver<>() {
                    @Override
                    public void onNext(Frame frame) {
                        answers.onNext(frame);
                    }

                    @Override
                    public void onError(Throwable error) {
                        answers.onError(error);
                    }

                    @Override
                    public void onCompleted() {
                        answers.onCompleted();
                    }
                },
                open);
        return answers;
    }

    /** Every text in a message, bytes as Latin-1. */
    static Stream<String> strings(Message message) {
        return message.getAllFields().entrySet().stream()
                .flatMap(e -> e.getKey().isRepeated()
                        ? ((List<?>) e.getValue()).stream().flatMap(v -> strings(e.getKey(), v))
                        : strings(e.getKey(), e.getValue()));
    }

    private static Stream<String> strings(FieldDescriptor field, Object value) {
        return switch (field.getJavaType()) {
            case STRING -> Stream.of((String) value);
            case BYTE_STRING -> Stream.of(((ByteString) value).toString(StandardCharsets.ISO_8859_1));
            case MESSAGE -> strings((Message) value);
            case INT, LONG, FLOAT, DOUBLE, BOOLEAN, ENUM -> Stream.empty();
        };
    }

    private static String text(Metadata trailers, String key) {
        if (key.endsWith(Metadata.BINARY_HEADER_SUFFIX)) {
            byte[] bytes = trailers.get(Metadata.Key.of(key, Metadata.BINARY_BYTE_MARSHALLER));
            return new String(bytes, StandardCharsets.ISO_8859_1);
        }
        return trailers.get(Metadata.Key.of(key, Metadata.ASCII_STRING_MARSHALLER));
    }

    @Override
    public void close() {
        channel.shutdownNow();
    }
}
