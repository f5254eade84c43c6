package io.telepresence.rootd.dev;

import com.google.protobuf.TextFormat;
import io.grpc.stub.StreamObserver;
import io.telepresence.agree.LocalEndpoint;
import io.telepresence.fault.FaultStatus;
import io.telepresence.local.LocalChannel;
import io.telepresence.rpc.rootd.NetworkConfig;
import io.telepresence.rpc.rootd.NetworkStatus;
import io.telepresence.rpc.rootd.RootDaemonGrpc;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.CountDownLatch;

/**
 * Opens a session: every line of standard input is a whole configuration in protobuf's text form; every status is
 * printed. The end of the input ends the session in order.
 */
public final class FakeUserDaemon {
    private FakeUserDaemon() {}

    /** Ends with exit code 1 when the session failed. */
    public static void main(String[] arguments) throws Exception {
        CountDownLatch over = new CountDownLatch(1);
        try (LocalChannel channel = LocalChannel.open(LocalEndpoint.rootDaemon());
                BufferedReader input = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8))) {
            StreamObserver<NetworkConfig> wishes =
                    RootDaemonGrpc.newStub(channel.grpc()).session(new Printer(over));
            for (String line = input.readLine(); line != null; line = input.readLine()) {
                NetworkConfig.Builder config = NetworkConfig.newBuilder();
                TextFormat.merge(line, config);
                wishes.onNext(config.build());
            }
            wishes.onCompleted();
            over.await();
        }
    }

    private record Printer(CountDownLatch over) implements StreamObserver<NetworkStatus> {
        @Override
        public void onNext(NetworkStatus status) {
            System.out.println("STATUS\n" + TextFormat.printer().printToString(status));
        }

        @Override
        public void onError(Throwable error) {
            System.out.println("FAULT " + FaultStatus.of(error));
            System.exit(1);
        }

        @Override
        public void onCompleted() {
            System.out.println("OVER");
            over.countDown();
        }
    }
}
