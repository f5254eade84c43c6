package io.telepresence.manager.grpc;

import com.google.protobuf.ByteString;
import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.log.LogGatherer;
import io.telepresence.manager.log.ManagerLogLevels;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.manager.ClientConfig;
import io.telepresence.rpc.manager.GatherLogsRequest;
import io.telepresence.rpc.manager.LogChunk;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.run.Threads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;

/** Clients change log levels, gather logs, and read the configuration that the cluster has for them. */
public final class LogGatheringService {
    /** A client takes a piece of a log within that time. */
    private static final Duration READS_WITHIN = Duration.ofSeconds(30);

    private final SessionRegistry sessions;
    private final ManagerLogLevels levels;
    private final LogGatherer gatherer;
    private final Path clientConfig;
    private final Rights rights;

    /** @param clientConfig may be null */
    public LogGatheringService(
            SessionRegistry sessions, ManagerLogLevels levels, LogGatherer gatherer, Path clientConfig, Rights rights) {
        this.sessions = sessions;
        this.levels = levels;
        this.gatherer = gatherer;
        this.clientConfig = clientConfig;
        this.rights = rights;
    }

    Empty setLevel(LogLevelRequest request) throws FaultException {
        rights.maySetLevels(GrpcAnswers.client(sessions, request.getSessionId()).person());
        levels.set(request.getLevel(), Duration.ofSeconds(request.getDurationSeconds()));
        return Empty.getDefaultInstance();
    }

    void gather(GatherLogsRequest request, StreamObserver<LogChunk> out) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, request.getSessionId());
        WatchStream<LogChunk> stream = WatchStream.open(out, client);
        LogGatherer.Wish wish =
                new LogGatherer.Wish(request.getTrafficManager(), request.getTrafficAgents(), request.getPodYaml());
        Threads.virtual("gather-logs", () -> {
            try {
                gatherer.gather(
                        wish,
                        (namespace, yaml) -> refusal(client, namespace, yaml),
                        piece -> stream.sendPatiently(toWire(piece), READS_WITHIN));
                stream.complete();
            } catch (InterruptedException | RuntimeException | Error e) {
                stream.fail(e);
            }
        });
    }

    /** Why he may not read them; empty: he may. */
    private String refusal(ClientSession client, String namespace, boolean yaml) {
        try {
            rights.mayReadLogs(client.person(), namespace, yaml);
            return "";
        } catch (FaultException e) {
            return e.fault().text();
        }
    }

    ClientConfig config(SessionRef ref) throws FaultException {
        GrpcAnswers.client(sessions, ref.getSessionId());
        try {
            boolean exists = clientConfig != null && Files.exists(clientConfig);
            String yaml = exists ? Files.readString(clientConfig) : "";
            return ClientConfig.newBuilder().setYaml(yaml).build();
        } catch (IOException e) {
            throw Fault.config("the traffic-manager cannot read its configuration for clients", "")
                    .exception(e);
        }
    }

    private static LogChunk toWire(LogGatherer.Piece piece) {
        return LogChunk.newBuilder()
                .setFile(piece.file())
                .setData(ByteString.copyFrom(piece.data()))
                .setError(piece.error())
                .build();
    }
}
