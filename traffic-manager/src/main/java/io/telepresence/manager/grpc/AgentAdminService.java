package io.telepresence.manager.grpc;

import io.grpc.stub.StreamObserver;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.inject.ManualYaml;
import io.telepresence.manager.lifecycle.Uninstaller;
import io.telepresence.manager.rights.Rights;
import io.telepresence.manager.session.ClientSession;
import io.telepresence.manager.session.SessionRegistry;
import io.telepresence.rpc.manager.UninstallProgress;
import io.telepresence.rpc.manager.UninstallRequest;
import io.telepresence.rpc.manager.YamlReply;
import io.telepresence.rpc.manager.YamlRequest;
import io.telepresence.run.Threads;
import java.util.List;

/** Clients take agents out of pods, or write them in by hand. */
public final class AgentAdminService {
    private final SessionRegistry sessions;
    private final Uninstaller uninstaller;
    private final ManualYaml manual;
    private final Rights rights;

    public AgentAdminService(SessionRegistry sessions, Uninstaller uninstaller, ManualYaml manual, Rights rights) {
        this.sessions = sessions;
        this.uninstaller = uninstaller;
        this.manual = manual;
        this.rights = rights;
    }

    void uninstall(UninstallRequest request, StreamObserver<UninstallProgress> out) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, request.getSessionId());
        if (request.getAll() != (request.getWorkloadsCount() == 0)) {
            throw Fault.user("either name workloads or ask for all", "").exception();
        }
        String namespace = namespace(request.getNamespace(), client);
        WatchStream<UninstallProgress> stream = WatchStream.open(out, client);
        Thread work =
                Threads.virtual("uninstall", () -> uninstall(client, namespace, request.getWorkloadsList(), stream));
        stream.closeAtEnd(work::interrupt);
    }

    private void uninstall(
            ClientSession client, String namespace, List<String> names, WatchStream<UninstallProgress> stream) {
        try {
            uninstaller.uninstall(
                    client,
                    namespace,
                    names,
                    text -> stream.send(
                            UninstallProgress.newBuilder().setText(text).build()));
            stream.complete();
        } catch (InterruptedException e) {
            stream.fail(
                    Fault.user("the uninstall goes on in the background", "").exception());
        } catch (FaultException | RuntimeException e) {
            stream.fail(e);
        }
    }

    YamlReply yaml(YamlRequest request) throws FaultException {
        ClientSession client = GrpcAnswers.client(sessions, request.getSessionId());
        ManualYaml.What what =
                switch (request.getWhat()) {
                    case CONFIG -> ManualYaml.What.CONFIG;
                    case CONTAINER -> ManualYaml.What.CONTAINER;
                    case INIT_CONTAINER -> ManualYaml.What.INIT_CONTAINER;
                    case ANNOTATIONS -> ManualYaml.What.ANNOTATIONS;
                    case VOLUME -> ManualYaml.What.VOLUME;
                    case UNRECOGNIZED ->
                        throw Fault.user("this traffic-manager does not know that part of a pod", "")
                                .exception();
                };
        String namespace = namespace(request.getNamespace(), client);
        rights.mayGenerateYaml(client.person(), namespace, request.getWorkload());
        return YamlReply.newBuilder()
                .setYaml(manual.answer(new ManualYaml.Question(
                        what,
                        namespace,
                        request.getWorkload(),
                        request.getInput(),
                        request.getAgentConfig(),
                        request.getOptionsMap())))
                .build();
    }

    private static String namespace(String given, ClientSession client) {
        return given.isEmpty() ? client.client().namespace() : given;
    }
}
