package io.telepresence.userd.kubeauth;

import com.google.gson.Gson;
import com.google.gson.reflect.TypeToken;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.connector.Credential;
import io.telepresence.rpc.connector.HostQuestion;
import io.telepresence.rpc.connector.KubeFlags;
import io.telepresence.rpc.connector.ResolvedCluster;
import io.telepresence.rpc.connector.StringList;
import io.telepresence.userd.config.ConfigFile;
import io.telepresence.userd.connect.ClientKey;
import io.telepresence.userd.connect.ClientSources;
import io.telepresence.userd.kubeconfig.CallerEnvironment;
import io.telepresence.userd.kubeconfig.CredentialPlugin;
import io.telepresence.userd.kubeconfig.KubeTarget;
import io.telepresence.userd.kubeconfig.KubeconfigRequest;
import java.time.Instant;
import java.util.List;
import java.util.Map;

/** What the user has on the laptop, asked for through the link. */
public final class KubeAuthSources implements ClientSources {
    private static final TypeToken<Map<String, Object>> OBJECT = new TypeToken<>() {};

    private final KubeAuthClient link;

    public KubeAuthSources(KubeAuthClient link) {
        this.link = link;
    }

    @Override
    public Found find(KubeconfigRequest kube, String configFile) throws FaultException {
        ResolvedCluster cluster = link.ask(HostQuestion.newBuilder().setResolve(question(kube, configFile)))
                .getResolved();
        CredentialPlugin plugin = cluster.getAskForCredentials() ? this::credentials : null;
        KubeTarget target = new KubeTarget(
                cluster.getContext(),
                cluster.getNamespace(),
                new Gson().fromJson(cluster.getClusterJson(), OBJECT),
                new Gson().fromJson(cluster.getUserJson(), OBJECT),
                cluster.getUserName(),
                new KubeTarget.Via(plugin, "", CallerEnvironment.NONE));
        List<ConfigFile.Source> configuration = cluster.getConfigurationList().stream()
                .map(s -> new ConfigFile.Source(s.getName(), s.getYaml()))
                .toList();
        return new Found(target, configuration, ClientKey.of(cluster.getSeatKey()));
    }

    private CredentialPlugin.Answer credentials() throws FaultException {
        Credential got = link.ask(HostQuestion.newBuilder().setCredential(Empty.getDefaultInstance()))
                .getCredential();
        return new CredentialPlugin.Answer(
                got.getToken(),
                got.getCertificate(),
                got.getKey(),
                got.getExpires() == 0 ? Instant.MAX : Instant.ofEpochSecond(got.getExpires()));
    }

    private static KubeFlags question(KubeconfigRequest kube, String configFile) {
        KubeFlags.Builder wire = KubeFlags.newBuilder()
                .setKubeconfigEnv(kube.kubeconfigEnv())
                .setHome(kube.home().toString())
                .setWorkingDirectory(kube.workingDirectory().toString())
                .setInCluster(kube.inCluster())
                .setConfigFile(configFile)
                .setKubeconfigStdin(com.google.protobuf.ByteString.copyFromUtf8(kube.stdin()));
        kube.flags()
                .forEach((name, values) -> wire.putFlags(
                        name, StringList.newBuilder().addAllValues(values).build()));
        return wire.build();
    }
}
