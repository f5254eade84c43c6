package io.telepresence.userd;

import io.grpc.StatusRuntimeException;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.connector.GatherLogsReply;
import io.telepresence.rpc.connector.GatherLogsRequest;
import io.telepresence.rpc.manager.LogChunk;
import io.telepresence.userd.connect.ClusterSession;
import io.telepresence.userd.connect.Connector;
import io.telepresence.userd.connect.DaemonPaths;
import io.telepresence.userd.logs.LogSetup;
import io.telepresence.userd.logs.LogZip;
import io.telepresence.userd.rootd.RootDaemonClient;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/** Log levels, and the zip of logs. */
final class LogService {
    private final Connector connector;
    private final LogSetup setup;

    LogService(Connector connector, LogSetup setup) {
        this.connector = connector;
        this.setup = setup;
    }

    Empty setLevel(LogLevelRequest request) throws FaultException {
        if (!request.getRemoteOnly()) {
            setup.set(request.getLevel(), Duration.ofSeconds(request.getDurationSeconds()));
            RootDaemonClient.logLevel(connector.place().rootSocket(), request);
        }
        if (!request.getLocalOnly()) {
            ClusterSession session = connector.session();
            LogLevelRequest remote = request.toBuilder()
                    .setSessionId(session.link().ref().getSessionId())
                    .build();
            try {
                return session.link().calls().setLogLevel(remote);
            } catch (StatusRuntimeException e) {
                throw FaultStatus.of(e).exception(e);
            }
        }
        return Empty.getDefaultInstance();
    }

    GatherLogsReply gather(GatherLogsRequest request) throws FaultException {
        Path output = Path.of(request.getOutputFile());
        LogZip zip =
                LogZip.create(output, request.getAnonymize(), connector.place().inDocker());
        try (zip) {
            Map<String, byte[]> remote = remote(request, zip);
            connector.current().ifPresent(s -> zip.hide("namespace", namespaces(s)));
            zip.hide("pod", pods(remote.keySet()));
            local(request, zip);
            remote.forEach(zip::data);
        }
        return GatherLogsReply.newBuilder().addAllErrors(zip.errors()).build();
    }

    private void local(GatherLogsRequest request, LogZip zip) {
        DaemonPaths place = connector.place();
        String daemons = request.getDaemons().isEmpty() ? "all" : request.getDaemons();
        Set<String> wanted = new HashSet<>(Arrays.asList(daemons.split(",")));
        boolean all = wanted.contains("all");
        if (all || wanted.contains("user")) {
            zip.file(place.logs().resolve("connector.log"));
        }
        if (all || wanted.contains("root")) {
            zip.file(place.rootLogs().resolve("daemon.log"));
        }
        Path kubeauth = place.logs().resolve("kubeauth.log");
        if (wanted.contains("kubeauth") || all && Files.exists(kubeauth)) {
            zip.file(kubeauth);
        }
        if (wanted.contains("cli")) {
            zip.error("there is no log of the command line: what it has to say it prints");
        }
    }

    private Map<String, byte[]> remote(GatherLogsRequest request, LogZip zip) {
        Map<String, ByteArrayOutputStream> files = new LinkedHashMap<>();
        Optional<ClusterSession> session = connector.current();
        boolean wanted =
                request.getTrafficManager() || !request.getTrafficAgents().equals("None");
        if (wanted && session.isEmpty()) {
            zip.error("no logs from the cluster: not connected");
        } else if (wanted) {
            var link = session.get().link();
            var query = io.telepresence.rpc.manager.GatherLogsRequest.newBuilder()
                    .setSessionId(link.ref().getSessionId())
                    .setTrafficManager(request.getTrafficManager())
                    .setTrafficAgents(request.getTrafficAgents())
                    .setPodYaml(request.getPodYaml());
            try {
                Iterator<LogChunk> chunks =
                        link.streams().withDeadlineAfter(60, TimeUnit.SECONDS).gatherLogs(query.build());
                chunks.forEachRemaining(chunk -> add(chunk, files, zip));
            } catch (StatusRuntimeException e) {
                zip.error("no more logs from the cluster: " + FaultStatus.of(e).text());
            }
        }
        Map<String, byte[]> all = new LinkedHashMap<>();
        files.forEach((name, data) -> all.put(name, data.toByteArray()));
        return all;
    }

    private static void add(LogChunk chunk, Map<String, ByteArrayOutputStream> files, LogZip zip) {
        if (chunk.getError().isEmpty()) {
            String name = Path.of(chunk.getFile()).getFileName().toString();
            files.computeIfAbsent(name, n -> new ByteArrayOutputStream())
                    .writeBytes(chunk.getData().toByteArray());
        } else {
            zip.error(chunk.getFile() + ": " + chunk.getError());
        }
    }

    private static Set<String> namespaces(ClusterSession session) {
        Set<String> names = new HashSet<>(session.cluster().get().getNamespacesList());
        names.removeAll(List.of("default", "kube-system", "kube-public", "kube-node-lease"));
        return names;
    }

    private static Set<String> pods(Set<String> files) {
        Set<String> names = new HashSet<>();
        for (String file : files) {
            int dot = file.indexOf('.');
            if (dot > 0 && !file.startsWith("traffic-manager")) {
                names.add(file.substring(0, dot));
            }
        }
        return names;
    }
}
