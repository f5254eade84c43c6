package io.telepresence.userd.kubeauth;

import com.google.gson.Gson;
import io.telepresence.agree.Versions;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.fault.FaultStatus;
import io.telepresence.rpc.connector.ConfigSource;
import io.telepresence.rpc.connector.Credential;
import io.telepresence.rpc.connector.DockerSettings;
import io.telepresence.rpc.connector.HostAnswer;
import io.telepresence.rpc.connector.HostQuestion;
import io.telepresence.rpc.connector.ResolvedCluster;
import io.telepresence.userd.config.ClientConfig;
import io.telepresence.userd.config.ConfigFile;
import io.telepresence.userd.config.Problems;
import io.telepresence.userd.connect.ClientSources;
import io.telepresence.userd.kubeconfig.CredentialPlugin;
import io.telepresence.userd.kubeconfig.FlattenedKubeconfig;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import java.time.Instant;
import java.util.Map;

/** The laptop's side: answers what a daemon in a container asks, with this user's files and programs. Thread-safe. */
public final class KubeAuthResolver {
    private final Map<String, String> environment;
    private volatile CredentialPlugin credentials;

    public KubeAuthResolver(Map<String, String> environment) {
        this.environment = environment;
    }

    /**
     * Blocks, for 30 s at most. What cannot be answered is a fault in the answer.
     *
     * @param options what {@code resolve} asks for, translated
     */
    public HostAnswer answer(HostQuestion question, KubeconfigRequest options) {
        HostAnswer.Builder answer = HostAnswer.newBuilder().setId(question.getId());
        try {
            switch (question.getQuestionCase()) {
                case RESOLVE -> answer.setResolved(resolve(question, options));
                case CREDENTIAL -> answer.setCredential(credential());
                case QUESTION_NOT_SET ->
                    throw Fault.user(
                                    "the daemon in the container asks for something that this version does not know",
                                    "")
                            .exception();
            }
        } catch (FaultException | RuntimeException e) {
            answer.setFault(FaultStatus.toWire(FaultStatus.of(e)));
        }
        return answer.build();
    }

    private ResolvedCluster resolve(HostQuestion question, KubeconfigRequest options) throws FaultException {
        ClientSources.Found found = ClientSources.ofThisMachine()
                .find(options, question.getResolve().getConfigFile());
        credentials =
                FlattenedKubeconfig.wearsOut(found.target()) ? FlattenedKubeconfig.credentials(found.target()) : null;
        KubeTarget target = FlattenedKubeconfig.selfContained(found.target(), environment);
        ResolvedCluster.Builder wire = ResolvedCluster.newBuilder()
                .setContext(target.context())
                .setNamespace(target.namespace())
                .setServer(target.server())
                .setClusterJson(new Gson().toJson(target.cluster()))
                .setUserJson(new Gson().toJson(target.user()))
                .setUserName(target.userName())
                .setAskForCredentials(credentials != null)
                .setDocker(docker(found))
                .setSeatKey(found.seats().bytes());
        found.configuration()
                .forEach(s -> wire.addConfiguration(
                        ConfigSource.newBuilder().setName(s.name()).setYaml(s.yaml())));
        return wire.build();
    }

    /** What is wrong in the configuration is told by the daemon, which reads it too. */
    private static DockerSettings docker(ClientSources.Found found) {
        ClientConfig config = ClientConfig.of(ConfigFile.parse(found.configuration(), new Problems()));
        String registry = config.images().registry();
        String image = config.images().clientImage();
        return DockerSettings.newBuilder()
                .setClientImage(
                        image.isEmpty() && !registry.isEmpty()
                                ? registry + "/telepresence:" + Versions.VERSION.substring(1)
                                : image)
                .setHostGateway(
                        config.docker().addHostGateway() ? config.docker().hostGateway() : "")
                .setIpv6(config.docker().ipv6())
                .build();
    }

    private Credential credential() throws FaultException {
        CredentialPlugin plugin = credentials;
        if (plugin == null) {
            throw Fault.internal("no cluster was resolved that needs credentials")
                    .exception();
        }
        CredentialPlugin.Answer got = plugin.run();
        return Credential.newBuilder()
                .setToken(got.token())
                .setCertificate(got.certificate())
                .setKey(got.key())
                .setExpires(
                        got.expires().equals(Instant.MAX) ? 0 : got.expires().getEpochSecond())
                .build();
    }
}
