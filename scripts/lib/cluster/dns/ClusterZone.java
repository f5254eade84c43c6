import java.net.InetAddress;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Turns services and endpoint slices into records, after the Kubernetes DNS specification 1.1.0. */
final class ClusterZone {
    private final Records records = new Records();

    static Records of(Collection<?> namespaces, Collection<?> services, Collection<?> slices) {
        ClusterZone zone = new ClusterZone();
        zone.records.text("dns-version." + Names.ZONE, "1.1.0");
        for (Object namespace : namespaces) {
            String name = Json.string(namespace, "metadata", "name");
            zone.records.exists(name + ".svc." + Names.ZONE);
            zone.records.exists(name + ".pod." + Names.ZONE);
        }
        Map<String, Object> headless = new TreeMap<>();
        for (Object service : services) {
            zone.add(service, headless);
        }
        for (Object slice : slices) {
            zone.addSlice(slice, headless);
        }
        return zone.records;
    }

    private void add(Object service, Map<String, Object> headless) {
        String name = qualified(service, Json.string(service, "metadata", "name"));
        String clusterIp = Json.string(service, "spec", "clusterIP");
        if (Json.string(service, "spec", "type").equals("ExternalName")) {
            String target = Json.string(service, "spec", "externalName").toLowerCase().replaceAll("\\.$", "");
            records.target(name, Records.CNAME, target);
        } else if (clusterIp.equals("None")) {
            headless.put(name, service);
        } else if (!clusterIp.isEmpty()) {
            addWithAddress(service, name);
        }
    }

    private void addWithAddress(Object service, String name) {
        List<?> several = Json.list(service, "spec", "clusterIPs");
        for (Object address : several.isEmpty() ? List.of(Json.string(service, "spec", "clusterIP")) : several) {
            InetAddress literal = Names.literal(address.toString());
            records.address(name, literal);
            records.target(Names.reverse(literal), Records.PTR, name);
        }
        for (Object port : Json.list(service, "spec", "ports")) {
            addPort(port, name, name);
        }
    }

    /** An endpoint that is not ready is left out; one whose readiness is not told counts as ready. */
    private void addSlice(Object slice, Map<String, Object> headless) {
        String name = qualified(slice, Json.string(slice, "metadata", "labels", "kubernetes.io/service-name"));
        if (!headless.containsKey(name)) {
            return;
        }
        for (Object endpoint : Json.list(slice, "endpoints")) {
            if (!Boolean.FALSE.equals(Json.get(endpoint, "conditions", "ready"))) {
                addEndpoint(slice, endpoint, name);
            }
        }
    }

    private void addEndpoint(Object slice, Object endpoint, String name) {
        for (Object address : Json.list(endpoint, "addresses")) {
            InetAddress literal = Names.literal(address.toString());
            String host = Json.string(endpoint, "hostname");
            String own = (host.isEmpty() ? Names.dashed(address.toString()) : host) + "." + name;
            records.address(name, literal);
            records.address(own, literal);
            records.target(Names.reverse(literal), Records.PTR, own);
            for (Object port : Json.list(slice, "ports")) {
                addPort(port, name, own);
            }
        }
    }

    private void addPort(Object port, String name, String target) {
        String portName = Json.string(port, "name");
        String protocol = Json.string(port, "protocol").toLowerCase();
        if (!portName.isEmpty() && Json.get(port, "port") instanceof Double number) {
            records.service("_" + portName + "._" + protocol + "." + name, number.intValue(), target);
        }
    }

    private static String qualified(Object object, String name) {
        return name + "." + Json.string(object, "metadata", "namespace") + ".svc." + Names.ZONE;
    }
}
