import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.time.Duration;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.stream.Stream;

/** Keeps a copy of all objects of one kind: a list, then a watch, and from the start after a failure. */
final class Resource implements Runnable {
    private final HttpClient client;
    private final String url;
    private final Runnable changed;
    private final Map<String, Object> objects = new ConcurrentHashMap<>();
    private volatile boolean listed;

    Resource(HttpClient client, String url, Runnable changed) {
        this.client = client;
        this.url = url;
        this.changed = changed;
    }

    Collection<Object> all() {
        return List.copyOf(objects.values());
    }

    boolean isListed() {
        return listed;
    }

    /** For ever: while the API server is away, the last copy stays. */
    @Override
    public void run() {
        while (true) {
            try {
                watch(list());
            } catch (Exception e) {
                System.err.println(url + ": " + e);
            }
            pause();
        }
    }

    private String list() throws Exception {
        HttpRequest request = request("").timeout(Duration.ofSeconds(10)).build();
        HttpResponse<String> response = client.send(request, HttpResponse.BodyHandlers.ofString());
        check(response.statusCode());
        Object list = Json.parse(response.body());
        Map<String, Object> fresh = new ConcurrentHashMap<>();
        for (Object item : Json.list(list, "items")) {
            fresh.put(key(item), item);
        }
        objects.keySet().retainAll(fresh.keySet());
        objects.putAll(fresh);
        listed = true;
        changed.run();
        return Json.string(list, "metadata", "resourceVersion");
    }

    private void watch(String version) throws Exception {
        HttpRequest request = request("?watch=1&timeoutSeconds=240&resourceVersion=" + version).build();
        HttpResponse<Stream<String>> response = client.send(request, HttpResponse.BodyHandlers.ofLines());
        check(response.statusCode());
        try (Stream<String> lines = response.body()) {
            lines.forEach(this::apply);
        }
    }

    private void apply(String line) {
        Object event = Json.parse(line);
        Object object = Json.get(event, "object");
        switch (Json.string(event, "type")) {
            case "ADDED", "MODIFIED" -> objects.put(key(object), object);
            case "DELETED" -> objects.remove(key(object));
            default -> throw new IllegalStateException("the watch ended: " + Json.string(object, "message"));
        }
        changed.run();
    }

    private HttpRequest.Builder request(String query) {
        return HttpRequest.newBuilder(URI.create(url + query));
    }

    private static void check(int status) {
        if (status != 200) {
            throw new IllegalStateException("status " + status);
        }
    }

    private static String key(Object object) {
        return Json.string(object, "metadata", "namespace") + "/" + Json.string(object, "metadata", "name");
    }

    private static void pause() {
        try {
            Thread.sleep(500);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
