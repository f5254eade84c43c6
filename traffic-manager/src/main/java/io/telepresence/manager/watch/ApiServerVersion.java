package io.telepresence.manager.watch;

import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientException;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * How old the API server is, for what no API shows. Distributions append to it what they like: {@code v1.32.1+k3s1},
 * {@code v1.30.5-gke.1014001}, a minor version of {@code 32+}.
 */
public record ApiServerVersion(int major, int minor) {
    private static final Logger LOG = LoggerFactory.getLogger(ApiServerVersion.class);
    private static final Pattern GIT_VERSION = Pattern.compile("v?(\\d{1,4})\\.(\\d{1,4})(?!\\d).*");
    private static final Pattern NUMBER = Pattern.compile("(\\d{1,4})(?!\\d).*");

    /** Empty: it does not tell, or not in a form that is known; the log says so. Blocks. */
    public static Optional<ApiServerVersion> read(KubernetesClient client) {
        try {
            String answer = client.raw("/version");
            Optional<ApiServerVersion> version = answer == null ? Optional.empty() : parse(answer);
            if (version.isEmpty()) {
                LOG.warn("the API server's version cannot be read: {}", answer);
            }
            return version;
        } catch (KubernetesClientException e) {
            LOG.warn("the API server does not tell its version: {}", e.getMessage());
            return Optional.empty();
        }
    }

    /** From what {@code /version} answers. */
    static Optional<ApiServerVersion> parse(String json) {
        Map<?, ?> info;
        try {
            info = new KubernetesSerialization().unmarshal(json, Map.class);
        } catch (RuntimeException e) {
            LOG.debug("no JSON: {}", json, e);
            return Optional.empty();
        }
        return info == null
                ? Optional.empty()
                : ofGit(Objects.toString(info.get("gitVersion"), ""))
                        .or(() -> of(Objects.toString(info.get("major"), ""), Objects.toString(info.get("minor"), "")));
    }

    private static Optional<ApiServerVersion> ofGit(String version) {
        Matcher parts = GIT_VERSION.matcher(version);
        return parts.matches() ? of(parts.group(1), parts.group(2)) : Optional.empty();
    }

    private static Optional<ApiServerVersion> of(String major, String minor) {
        Matcher first = NUMBER.matcher(major);
        Matcher second = NUMBER.matcher(minor);
        return first.matches() && second.matches()
                ? Optional.of(new ApiServerVersion(Integer.parseInt(first.group(1)), Integer.parseInt(second.group(1))))
                : Optional.empty();
    }

    /** Whether it is that version or a newer one. */
    public boolean atLeast(int otherMajor, int otherMinor) {
        return major > otherMajor || major == otherMajor && minor >= otherMinor;
    }

    @Override
    public String toString() {
        return major + "." + minor;
    }
}
