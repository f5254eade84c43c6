package io.telepresence.userd.kubeconfig;

import io.telepresence.agree.ServerUrl;
import io.telepresence.fault.FaultException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Makes of a target one that needs nothing of this machine: contents instead of files, and the environment's proxy
 * written down. Credentials that wear out are left out; {@link #credentials} gives them again and again.
 */
public final class FlattenedKubeconfig {
    /** A token file is read this often: Kubernetes renews projected tokens some minutes before their end. */
    private static final Duration TOKEN_FILE = Duration.ofSeconds(60);

    private FlattenedKubeconfig() {}

    /** The target without references to files and programs of this machine. */
    public static KubeTarget selfContained(KubeTarget target, Map<String, String> environment) throws FaultException {
        Map<String, Object> cluster = new LinkedHashMap<>(target.cluster());
        inline(cluster, "certificate-authority");
        proxy(cluster, target, environment);
        Map<String, Object> user = new LinkedHashMap<>(target.user());
        inline(user, "client-certificate");
        inline(user, "client-key");
        List.of("exec", "tokenFile").forEach(user::remove);
        return new KubeTarget(target.context(), target.namespace(), cluster, user, target.userName());
    }

    /**
     * The same with credentials that are good for now, instead of a program or file that gives them; blocks. For programs
     * that would run the plugin in their own environment.
     */
    public static KubeTarget withCredentials(KubeTarget target) throws FaultException {
        KubeTarget plain = selfContained(target, target.via().caller().variables());
        if (!wearsOut(target)) {
            return plain;
        }
        CredentialPlugin.Answer answer = credentials(target).run();
        Map<String, Object> user = new LinkedHashMap<>(plain.user());
        put(user, "token", answer.token());
        put(user, "client-certificate-data", base64(answer.certificate()));
        put(user, "client-key-data", base64(answer.key()));
        return new KubeTarget(plain.context(), plain.namespace(), plain.cluster(), user, plain.userName());
    }

    private static void put(Map<String, Object> user, String name, String value) {
        if (!value.isEmpty()) {
            user.put(name, value);
        }
    }

    private static String base64(String text) {
        return Base64.getEncoder().encodeToString(text.getBytes(StandardCharsets.US_ASCII));
    }

    /** Whether {@link #credentials} must be asked. */
    public static boolean wearsOut(KubeTarget target) {
        return target.plugin() != null
                || !KubeTarget.text(target.user(), "tokenFile").isEmpty();
    }

    /** Runs the plugin, or reads the token file. */
    public static CredentialPlugin credentials(KubeTarget target) {
        String file = KubeTarget.text(target.user(), "tokenFile");
        if (file.isEmpty()) {
            return target.plugin();
        }
        return () -> new CredentialPlugin.Answer(
                new String(Credentials.file("token", file), StandardCharsets.UTF_8).strip(),
                "",
                "",
                Instant.now().plus(TOKEN_FILE));
    }

    private static void inline(Map<String, Object> map, String name) throws FaultException {
        byte[] data = Credentials.data(map, name);
        if (data != null) {
            map.put(name + "-data", Base64.getEncoder().encodeToString(data));
        }
        map.remove(name);
    }

    private static void proxy(Map<String, Object> cluster, KubeTarget target, Map<String, String> environment)
            throws FaultException {
        // What is no URL is told where it is used.
        Optional<ServerUrl> server = ServerUrl.parse(target.server());
        Proxy proxy =
                server.isEmpty() ? null : Proxy.of(KubeTarget.text(cluster, "proxy-url"), server.get(), environment);
        if (proxy != null) {
            cluster.put("proxy-url", proxy.url());
        }
    }
}
