package io.telepresence.agent.http2;

import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.ServerCalls;
import io.grpc.stub.StreamObserver;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;

/** A gRPC server with a name, whose answers carry it; and the calls that its callers make. */
public final class FakeGrpcServer implements AutoCloseable {
    private static final MethodDescriptor.Marshaller<String> TEXT = new Text();
    public static final MethodDescriptor<String, String> UNARY = method("Unary", MethodDescriptor.MethodType.UNARY);
    public static final MethodDescriptor<String, String> DOWN =
            method("Down", MethodDescriptor.MethodType.SERVER_STREAMING);
    public static final MethodDescriptor<String, String> UP =
            method("Up", MethodDescriptor.MethodType.CLIENT_STREAMING);
    public static final MethodDescriptor<String, String> BOTH =
            method("Both", MethodDescriptor.MethodType.BIDI_STREAMING);

    /** Reads nothing before {@link #slow} is run. */
    public static final MethodDescriptor<String, String> SLOW =
            method("Slow", MethodDescriptor.MethodType.CLIENT_STREAMING);

    /** Answers at once that it has enough. */
    public static final MethodDescriptor<String, String> EARLY =
            method("Early", MethodDescriptor.MethodType.CLIENT_STREAMING);

    public volatile Runnable slow;
    public final Server server;
    /** Two-way calls that have begun, and that were broken off. */
    public final AtomicInteger open = new AtomicInteger();

    public final AtomicInteger cancelled = new AtomicInteger();
    /** What unary calls asked, and how many characters came up. */
    public final Queue<String> heard = new ConcurrentLinkedQueue<>();

    public FakeGrpcServer(String name) throws IOException {
        this(name, builder -> builder);
    }

    public FakeGrpcServer(String name, UnaryOperator<NettyServerBuilder> more) throws IOException {
        server = more.apply(NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0)))
                .addService(service(name))
                .build()
                .start();
    }

    private ServerServiceDefinition service(String name) {
        return ServerServiceDefinition.builder("test.Place")
                .addMethod(UNARY, ServerCalls.asyncUnaryCall((asked, answer) -> {
                    heard.add(asked);
                    answer.onNext(name + ":" + asked);
                    answer.onCompleted();
                }))
                .addMethod(DOWN, ServerCalls.asyncServerStreamingCall((asked, answer) -> {
                    IntStream.range(0, Integer.parseInt(asked)).forEach(i -> answer.onNext(name + ":" + i));
                    answer.onCompleted();
                }))
                .addMethod(UP, ServerCalls.asyncClientStreamingCall(answer -> new Counter(name, answer)))
                .addMethod(SLOW, ServerCalls.asyncClientStreamingCall(answer -> {
                    ServerCallStreamObserver<String> call = (ServerCallStreamObserver<String>) answer;
                    call.disableAutoRequest();
                    slow = () -> call.request(Integer.MAX_VALUE);
                    return new Counter(name, answer);
                }))
                .addMethod(EARLY, ServerCalls.asyncClientStreamingCall(answer -> {
                    answer.onError(Status.RESOURCE_EXHAUSTED
                            .withDescription(name + " has enough")
                            .asRuntimeException());
                    return new Counter(name, answer);
                }))
                .addMethod(BOTH, ServerCalls.asyncBidiStreamingCall(answer -> new Echo(name, answer)))
                .build();
    }

    private static MethodDescriptor<String, String> method(String name, MethodDescriptor.MethodType type) {
        return MethodDescriptor.<String, String>newBuilder(TEXT, TEXT)
                .setFullMethodName("test.Place/" + name)
                .setType(type)
                .build();
    }

    public int port() {
        return server.getPort();
    }

    public static ManagedChannel caller(int port) {
        return NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build();
    }

    /** The channel with this header on every call. */
    public static Channel with(Channel channel, String name, String value) {
        Metadata headers = new Metadata();
        headers.put(Metadata.Key.of(name, Metadata.ASCII_STRING_MARSHALLER), value);
        return io.grpc.ClientInterceptors.intercept(channel, MetadataUtils.newAttachHeadersInterceptor(headers));
    }

    public static String unary(Channel channel, String asked) {
        return ClientCalls.blockingUnaryCall(channel, UNARY, limited(), asked);
    }

    public static Iterator<String> down(Channel channel, int count) {
        return ClientCalls.blockingServerStreamingCall(channel, DOWN, limited(), Integer.toString(count));
    }

    public static String up(Channel channel, List<String> said) {
        Answers answers = new Answers();
        StreamObserver<String> sender = ClientCalls.asyncClientStreamingCall(channel.newCall(UP, limited()), answers);
        said.forEach(sender::onNext);
        sender.onCompleted();
        return answers.await();
    }

    /** A call that stays open: each thing said is answered before the next is said. */
    public static String both(Channel channel, List<String> said) {
        StringBuilder heard = new StringBuilder();
        Answers answers = new Answers();
        StreamObserver<String> sender = ClientCalls.asyncBidiStreamingCall(channel.newCall(BOTH, limited()), answers);
        for (String line : said) {
            answers.next = new CompletableFuture<>();
            sender.onNext(line);
            heard.append(get(answers.next)).append(' ');
        }
        sender.onCompleted();
        answers.await();
        return heard.toString();
    }

    private static CallOptions limited() {
        return CallOptions.DEFAULT.withDeadlineAfter(20, TimeUnit.SECONDS);
    }

    private static <T> T get(CompletableFuture<T> future) {
        try {
            return future.get(20, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new IllegalStateException(e);
        }
    }

    @Override
    public void close() throws InterruptedException {
        server.shutdownNow();
        server.awaitTermination(5, TimeUnit.SECONDS);
    }

    private static final class Answers implements StreamObserver<String> {
        private final CompletableFuture<String> last = new CompletableFuture<>();
        private volatile CompletableFuture<String> next = new CompletableFuture<>();
        private volatile String latest = "";

        @Override
        public void onNext(String value) {
            latest = value;
            next.complete(value);
        }

        @Override
        public void onError(Throwable error) {
            next.completeExceptionally(error);
            last.completeExceptionally(error);
        }

        @Override
        public void onCompleted() {
            last.complete(latest);
        }

        String await() {
            return get(last);
        }
    }

    private final class Echo implements StreamObserver<String> {
        private final String name;
        private final StreamObserver<String> answer;

        Echo(String name, StreamObserver<String> answer) {
            this.name = name;
            this.answer = answer;
            open.incrementAndGet();
        }

        @Override
        public void onNext(String value) {
            answer.onNext(name + ":" + value);
        }

        @Override
        public void onError(Throwable error) {
            cancelled.incrementAndGet();
        }

        @Override
        public void onCompleted() {
            answer.onCompleted();
        }
    }

    private final class Counter implements StreamObserver<String> {
        private final String name;
        private final StreamObserver<String> answer;
        private int characters;

        Counter(String name, StreamObserver<String> answer) {
            this.name = name;
            this.answer = answer;
        }

        @Override
        public void onNext(String value) {
            characters += value.length();
        }

        @Override
        public void onError(Throwable error) {}

        @Override
        public void onCompleted() {
            heard.add(Integer.toString(characters));
            answer.onNext(name + ":" + characters);
            answer.onCompleted();
        }
    }

    private static final class Text implements MethodDescriptor.Marshaller<String> {
        @Override
        public InputStream stream(String value) {
            return new ByteArrayInputStream(value.getBytes(StandardCharsets.UTF_8));
        }

        @Override
        public String parse(InputStream stream) {
            try {
                return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
    }
}
