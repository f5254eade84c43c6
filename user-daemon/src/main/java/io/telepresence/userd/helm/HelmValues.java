package io.telepresence.userd.helm;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonParseException;
import com.google.gson.ToNumberPolicy;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.userd.config.ConfigText;
import java.io.IOException;
import java.io.InputStream;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.snakeyaml.engine.v2.api.Load;
import org.snakeyaml.engine.v2.api.LoadSettings;
import org.snakeyaml.engine.v2.exceptions.YamlEngineException;

/** The values of one request: files first, then --set-json, --set, --set-string and --set-file, as Helm orders them. */
final class HelmValues {
    private static final int URL_TIMEOUT_MILLIS = 15_000;

    private static final Gson JSON = new GsonBuilder()
            .setObjectToNumberStrategy(ToNumberPolicy.LONG_OR_DOUBLE)
            .create();

    private HelmValues() {}

    static Map<String, Object> of(HelmRequest request) throws FaultException {
        Path here = Path.of(
                request.getKube().getWorkingDirectory().isEmpty()
                        ? "/"
                        : request.getKube().getWorkingDirectory());
        Map<String, Object> all = new LinkedHashMap<>();
        for (String file : request.getValuesList()) {
            merge(all, parse(file, read(file, here)));
        }
        for (String json : request.getSetJsonList()) {
            int equals = equalsSign("--set-json", json);
            SetSyntax.assign(json.substring(0, equals), json(json, json.substring(equals + 1)), all);
        }
        for (String set : request.getSetList()) {
            SetSyntax.apply(set, true, all);
        }
        for (String set : request.getSetStringList()) {
            SetSyntax.apply(set, false, all);
        }
        for (String set : request.getSetFileList()) {
            int equals = equalsSign("--set-file", set);
            SetSyntax.assign(set.substring(0, equals), read(set.substring(equals + 1), here), all);
        }
        return all;
    }

    /** The chart's own values with these on top, as YAML. */
    static String over(String defaults, Map<String, Object> values) throws FaultException {
        Map<String, Object> all = parse("values.yaml", defaults);
        merge(all, values);
        return ConfigText.yaml(all);
    }

    private static int equalsSign(String flag, String text) throws FaultException {
        int equals = text.indexOf('=');
        if (equals <= 0) {
            throw Fault.user(flag + " " + text + " has no value", "Write it as name.name=value")
                    .exception();
        }
        return equals;
    }

    private static Object json(String whole, String text) throws FaultException {
        try {
            return JSON.fromJson(text, Object.class);
        } catch (JsonParseException e) {
            throw Fault.user("--set-json " + whole + " is not JSON", "Write it as name='{\"key\": \"value\"}'")
                    .exception(e);
        }
    }

    private static String read(String file, Path here) throws FaultException {
        try {
            if (file.startsWith("http://") || file.startsWith("https://")) {
                var connection = new URI(file).toURL().openConnection();
                connection.setConnectTimeout(URL_TIMEOUT_MILLIS);
                connection.setReadTimeout(URL_TIMEOUT_MILLIS);
                try (InputStream in = connection.getInputStream()) {
                    return new String(in.readAllBytes(), StandardCharsets.UTF_8);
                }
            }
            return Files.readString(here.resolve(file));
        } catch (IOException | URISyntaxException e) {
            throw Fault.user("the values file " + file + " cannot be read: " + e.getMessage(), "")
                    .exception(e);
        }
    }

    @SuppressWarnings("unchecked") // YAML mappings with text keys
    private static Map<String, Object> parse(String file, String text) throws FaultException {
        try {
            Object tree = new Load(LoadSettings.builder().setLabel(file).build()).loadFromString(text);
            if (tree == null) {
                return new LinkedHashMap<>();
            }
            if (tree instanceof Map<?, ?> map) {
                return (Map<String, Object>) map;
            }
        } catch (YamlEngineException e) {
            throw Fault.user("the values file " + file + " is not YAML: " + firstLine(e.getMessage()), "")
                    .exception(e);
        }
        throw Fault.user("the values file " + file + " is not a mapping", "").exception();
    }

    private static String firstLine(String text) {
        return text.lines().findFirst().orElse("");
    }

    @SuppressWarnings("unchecked") // YAML mappings with text keys
    private static void merge(Map<String, Object> into, Map<String, Object> more) {
        more.forEach((key, value) -> {
            if (value instanceof Map<?, ?> map && into.get(key) instanceof Map<?, ?> below) {
                Map<String, Object> both = new LinkedHashMap<>((Map<String, Object>) below);
                merge(both, (Map<String, Object>) map);
                into.put(key, both);
            } else {
                into.put(key, value);
            }
        });
    }
}
