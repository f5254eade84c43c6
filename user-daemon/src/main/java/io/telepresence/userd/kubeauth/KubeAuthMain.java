package io.telepresence.userd.kubeauth;

import io.grpc.stub.ClientCallStreamObserver;
import io.grpc.stub.ClientResponseObserver;
import io.telepresence.agree.LocalEndpoint;
import io.telepresence.local.LocalChannel;
import io.telepresence.rpc.connector.ConnectorGrpc;
import io.telepresence.rpc.connector.HostAnswer;
import io.telepresence.rpc.connector.HostEndpoint;
import io.telepresence.rpc.connector.HostQuestion;
import io.telepresence.run.Threads;
import io.telepresence.userd.kubeconfig.PluginTerminal;
import io.telepresence.userd.logs.LogSetup;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The helper on the laptop of a daemon in a container. It reads one {@code HostQuestion} from standard input and writes
 * its {@code HostAnswer}; then it reads where the daemon listens and serves it until the daemon is gone, or the connection:
 * another daemon of that name is another helper's, who may have another kubeconfig. Without that second message it ends. Messages are length-delimited. Secrets pass through pipes and sockets only.
 */
public final class KubeAuthMain {
    /** How long a daemon that answers no more is tried again: a container that is restarted comes back sooner. */
    private static final Duration PATIENCE = Duration.ofSeconds(15);

    private static final long PAUSE_MILLIS = 300;

    private static final Logger LOG = LoggerFactory.getLogger(KubeAuthMain.class);

    private KubeAuthMain() {}

    public static void main(String[] arguments) throws Exception {
        Path home = Path.of(System.getenv().getOrDefault("HOME", System.getProperty("user.home")));
        long uid = ((Number) Files.getAttribute(Path.of("/proc/self"), "unix:uid")).longValue();
        Path logs = LocalEndpoint.logs(System.getenv(), home, uid);
        Files.createDirectories(logs);
        LogSetup.toFile(logs.resolve("kubeauth.log"));
        KubeAuthResolver answers = new KubeAuthResolver(System.getenv());
        HostQuestion first = HostQuestion.parseDelimitedFrom(System.in);
        if (first != null) {
            answer(answers, first).writeDelimitedTo(System.out);
            System.out.close();
            HostEndpoint endpoint = HostEndpoint.parseDelimitedFrom(System.in);
            if (endpoint != null) {
                serve(answers, endpoint);
            }
        }
        System.exit(0);
    }

    private static HostAnswer answer(KubeAuthResolver answers, HostQuestion question) {
        return answers.answer(question, KubeFlagsTranslator.request(question.getResolve(), PluginTerminal.NONE));
    }

    private static void serve(KubeAuthResolver answers, HostEndpoint endpoint) throws InterruptedException {
        try (ConnectionDirectory connection = ConnectionDirectory.open(Path.of(endpoint.getDirectory()))) {
            long seen = System.nanoTime();
            while (connection.isThere() && System.nanoTime() - seen < PATIENCE.toNanos()) {
                try (LocalChannel channel = endpoint.getSocket().isEmpty()
                        ? LocalChannel.openTcp(endpoint.getPort(), endpoint.getSecret())
                        : LocalChannel.open(Path.of(endpoint.getSocket()))) {
                    if (new Serving(answers).run(channel)) {
                        seen = System.nanoTime();
                    }
                }
                TimeUnit.MILLISECONDS.sleep(PAUSE_MILLIS);
            }
        } catch (IOException e) {
            LOG.info("the connection is gone already: {}", e.getMessage());
        }
    }

    /** One stream with the daemon. */
    private static final class Serving implements ClientResponseObserver<HostAnswer, HostQuestion> {
        private final KubeAuthResolver answers;
        private final CountDownLatch over = new CountDownLatch(1);
        private ClientCallStreamObserver<HostAnswer> replies;
        private volatile boolean asked;

        Serving(KubeAuthResolver answers) {
            this.answers = answers;
        }

        /** Until the stream ends; whether there was a question. */
        boolean run(LocalChannel channel) throws InterruptedException {
            ConnectorGrpc.newStub(channel.grpc()).serveHost(this);
            over.await();
            return asked;
        }

        @Override
        public void beforeStart(ClientCallStreamObserver<HostAnswer> stream) {
            replies = stream;
        }

        /** A plugin may take long: never on the stream's own thread. */
        @Override
        public void onNext(HostQuestion question) {
            asked = true;
            Threads.virtual("host-question-" + question.getId(), () -> {
                HostAnswer answer = answer(answers, question);
                synchronized (this) {
                    if (over.getCount() > 0) {
                        replies.onNext(answer);
                    }
                }
            });
        }

        @Override
        public void onError(Throwable error) {
            over.countDown();
        }

        @Override
        public void onCompleted() {
            over.countDown();
        }
    }
}
