package io.telepresence.manager.config;

import io.fabric8.kubernetes.api.model.Quantity;
import io.fabric8.kubernetes.api.model.ResourceRequirements;
import io.fabric8.kubernetes.api.model.SecurityContext;
import io.fabric8.kubernetes.client.utils.KubernetesSerialization;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.manager.sidecar.MountPolicies;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import tools.jackson.core.JacksonException;
import tools.jackson.core.StreamReadFeature;
import tools.jackson.databind.JsonNode;
import tools.jackson.databind.ObjectMapper;
import tools.jackson.databind.json.JsonMapper;

/**
 * One object of the settings file. A key that is missing or null, and for texts an empty one, has its default. What is
 * wrong is noted, and the default taken; {@link #finish} tells all of it. Not thread-safe.
 */
final class SettingsObject {
    private static final ObjectMapper JSON = JsonMapper.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .build();
    private static final KubernetesSerialization KUBERNETES = new KubernetesSerialization();
    private static final Pattern DURATION_PART = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,9})?)(ms|s|m|h)");
    private static final Map<String, Integer> MILLIS = Map.of("ms", 1, "s", 1000, "m", 60_000, "h", 3_600_000);

    /** A century. */
    private static final Duration LONGEST = Duration.ofHours(876_000);

    /** Characters of a value that a sentence shows. */
    private static final int SHOWN = 80;

    private final String path;
    private final Map<String, JsonNode> values = new LinkedHashMap<>();
    private final TreeSet<String> known = new TreeSet<>();
    private final List<String> faults;
    private final List<SettingsObject> all;

    private SettingsObject(String path, JsonNode object, List<String> faults, List<SettingsObject> all) {
        this.path = path;
        this.faults = faults;
        this.all = all;
        object.properties().forEach(p -> values.put(p.getKey(), p.getValue()));
        all.add(this);
    }

    /** @throws FaultException it is not one JSON object, or has a key twice */
    static SettingsObject parse(String json) throws FaultException {
        try {
            JsonNode root = JSON.readTree(json);
            if (root.isObject()) {
                return new SettingsObject("", root, new ArrayList<>(), new ArrayList<>());
            }
        } catch (JacksonException e) {
            String message =
                    e.getOriginalMessage() + " in line " + e.getLocation().getLineNr();
            throw Fault.config("the traffic-manager's settings are not JSON: " + message, "")
                    .exception(e);
        }
        throw Fault.config("the traffic-manager's settings are not a JSON object", "")
                .exception();
    }

    /** @throws FaultException something was wrong, or there is a key that nobody asked for; names all of it */
    void finish() throws FaultException {
        for (SettingsObject object : all) {
            for (String key : object.values.keySet()) {
                if (!object.known.contains(key)) {
                    faults.add(object.name(key) + " is not a setting; "
                            + (object.path.isEmpty() ? "settings" : "settings of " + object.path) + " are "
                            + String.join(", ", object.known));
                }
            }
        }
        if (!faults.isEmpty()) {
            throw Fault.config(
                            "the traffic-manager's settings are wrong: " + String.join("; ", faults),
                            "Correct the Helm values of these names, then run: telepresence helm upgrade")
                    .exception();
        }
    }

    void fault(String key, String value, String admitted) {
        faults.add(name(key) + " is " + shown(value) + ", but must be " + admitted);
    }

    /** Of the whole object. */
    void fault(String rule) {
        faults.add(path + ": " + rule);
    }

    SettingsObject object(String key) {
        return take(key)
                .filter(value -> is(value.isObject(), key, value, "an object"))
                .map(value -> child(name(key), value))
                .orElseGet(() -> child(name(key), JSON.createObjectNode()));
    }

    /** Of an array. */
    List<SettingsObject> objects(String key) {
        List<SettingsObject> objects = new ArrayList<>();
        for (JsonNode element : elements(key, "a list of objects")) {
            if (is(element.isObject(), key, element, "a list of objects")) {
                objects.add(child(name(key) + "[" + objects.size() + "]", element));
            }
        }
        return objects;
    }

    String text(String key, String otherwise) {
        return take(key)
                .filter(value -> is(value.isString(), key, value, "a text"))
                .map(value -> value.asString().strip())
                .filter(value -> !value.isEmpty())
                .orElse(otherwise);
    }

    /** Of an array; none of them is empty. */
    List<String> texts(String key) {
        List<String> texts = new ArrayList<>();
        for (JsonNode element : elements(key, "a list of texts")) {
            boolean text = element.isString() && !element.asString().isBlank();
            if (is(text, key, element, "a list of texts that are not empty")) {
                texts.add(element.asString().strip());
            }
        }
        return List.copyOf(texts);
    }

    /** By default true. */
    boolean flag(String key) {
        return flag(key, true);
    }

    boolean flag(String key, boolean otherwise) {
        return take(key)
                .filter(value -> is(value.isBoolean(), key, value, "true or false"))
                .map(JsonNode::booleanValue)
                .orElse(otherwise);
    }

    int number(String key, int otherwise, int least, int most, String admitted) {
        return take(key)
                .filter(value -> is(
                        value.isIntegralNumber()
                                && value.canConvertToInt()
                                && value.intValue() >= least
                                && value.intValue() <= most,
                        key,
                        value,
                        admitted))
                .map(JsonNode::intValue)
                .orElse(otherwise);
    }

    /** In any case of letters; by default the first. */
    String oneOf(String key, String... admitted) {
        String value = text(key, admitted[0]);
        for (String one : admitted) {
            if (one.equalsIgnoreCase(value)) {
                return one;
            }
        }
        fault(key, '"' + value + '"', alternatives(List.of(admitted)));
        return admitted[0];
    }

    /** A log level, upper case. */
    String level(String key, String otherwise) {
        List<String> levels = List.of("error", "warn", "info", "debug", "trace");
        String value = text(key, otherwise).toLowerCase(Locale.ROOT);
        String level = value.equals("warning") ? "warn" : value;
        if (!levels.contains(level)) {
            fault(key, '"' + value + '"', alternatives(levels));
            return otherwise;
        }
        return level.toUpperCase(Locale.ROOT);
    }

    /** A Go duration, at most a century. */
    Duration duration(String key, Duration otherwise) {
        String value = text(key, "");
        if (value.isEmpty()) {
            return otherwise;
        }
        Optional<Duration> duration = duration(value).filter(d -> d.compareTo(LONGEST) <= 0);
        if (duration.isEmpty()) {
            fault(key, '"' + value + '"', "a duration such as 30s or 1m30s, at most " + LONGEST.toHours() + "h");
        }
        return duration.orElse(otherwise);
    }

    private static Optional<Duration> duration(String value) {
        Matcher parts = DURATION_PART.matcher(value);
        Duration sum = Duration.ZERO;
        int end = 0;
        while (parts.lookingAt()) {
            sum = sum.plusMillis(Math.round(Double.parseDouble(parts.group(1)) * MILLIS.get(parts.group(2))));
            end = parts.end();
            parts.region(end, value.length());
        }
        return end == value.length() || value.equals("0") ? Optional.of(sum) : Optional.empty();
    }

    /** Of an object, which may have any keys. */
    Map<String, String> map(String key) {
        Map<String, String> texts = new LinkedHashMap<>();
        take(key).filter(value -> is(value.isObject(), key, value, "an object")).ifPresent(object -> object.properties()
                .forEach(p -> {
                    if (is(p.getValue().isString(), key + "." + p.getKey(), p.getValue(), "a text")) {
                        texts.put(p.getKey(), p.getValue().asString());
                    }
                }));
        return texts;
    }

    boolean has(String key) {
        return take(key).isPresent();
    }

    MountPolicies mountPolicies(String key) {
        Map<String, MountPolicies.Policy> chosen = new LinkedHashMap<>();
        take(key).filter(value -> is(value.isObject(), key, value, "an object")).ifPresent(object -> object.properties()
                .forEach(p -> {
                    Optional<MountPolicies.Policy> policy = MountPolicies.Policy.of(p.getValue());
                    is(policy.isPresent(), key + "." + p.getKey(), p.getValue(), MountPolicies.Policy.ADMITTED);
                    policy.ifPresent(known -> chosen.put(p.getKey(), known));
                }));
        return MountPolicies.of(chosen);
    }

    /** Null where there are none. */
    ResourceRequirements resources(String key) {
        ResourceRequirements resources = kubernetes(key, ResourceRequirements.class);
        if (resources != null) {
            unknown(key, resources.getAdditionalProperties());
            quantities(key + ".limits", resources.getLimits());
            quantities(key + ".requests", resources.getRequests());
        }
        return resources;
    }

    /** Null where there is none. */
    SecurityContext securityContext(String key) {
        SecurityContext context = kubernetes(key, SecurityContext.class);
        if (context != null) {
            unknown(key, context.getAdditionalProperties());
            if (context.getCapabilities() != null) {
                unknown(key + ".capabilities", context.getCapabilities().getAdditionalProperties());
            }
            if (context.getSeccompProfile() != null) {
                unknown(key + ".seccompProfile", context.getSeccompProfile().getAdditionalProperties());
            }
            if (context.getSeLinuxOptions() != null) {
                unknown(key + ".seLinuxOptions", context.getSeLinuxOptions().getAdditionalProperties());
            }
            if (context.getAppArmorProfile() != null) {
                unknown(key + ".appArmorProfile", context.getAppArmorProfile().getAdditionalProperties());
            }
        }
        return context;
    }

    /** Null where it is missing or an empty object. */
    private <T> T kubernetes(String key, Class<T> type) {
        String admitted = "a Kubernetes " + type.getSimpleName();
        JsonNode value = take(key).orElse(null);
        if (value == null || !is(value.isObject(), key, value, admitted) || value.isEmpty()) {
            return null;
        }
        try {
            return KUBERNETES.unmarshal(value.toString(), type);
        } catch (RuntimeException e) {
            fault(key, value.toString(), admitted);
            return null;
        }
    }

    private void unknown(String key, Map<String, Object> unknown) {
        unknown.keySet()
                .forEach(field -> faults.add(name(key) + "." + field + " is not a field that Kubernetes knows"));
    }

    private void quantities(String key, Map<String, Quantity> quantities) {
        if (quantities != null) {
            quantities.forEach((resource, quantity) -> {
                try {
                    quantity.getNumericalAmount();
                } catch (RuntimeException e) {
                    fault(key + "." + resource, '"' + quantity.toString() + '"', "a quantity such as 100m or 64Mi");
                }
            });
        }
    }

    private SettingsObject child(String name, JsonNode object) {
        return new SettingsObject(name, object, faults, all);
    }

    private Collection<JsonNode> elements(String key, String admitted) {
        return take(key)
                .filter(value -> is(value.isArray(), key, value, admitted))
                .map(JsonNode::values)
                .orElse(List.of());
    }

    private Optional<JsonNode> take(String key) {
        known.add(key);
        return Optional.ofNullable(values.get(key)).filter(value -> !value.isNull());
    }

    private boolean is(boolean good, String key, JsonNode value, String admitted) {
        if (!good) {
            fault(key, value.toString(), admitted);
        }
        return good;
    }

    private String name(String key) {
        return path.isEmpty() ? key : path + "." + key;
    }

    private static String shown(String value) {
        return value.length() <= SHOWN ? value : value.substring(0, SHOWN) + "…";
    }

    private static String alternatives(List<String> admitted) {
        int last = admitted.size() - 1;
        return String.join(", ", admitted.subList(0, last)) + " or " + admitted.get(last);
    }
}
