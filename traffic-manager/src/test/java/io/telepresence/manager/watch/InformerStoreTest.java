package io.telepresence.manager.watch;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.fabric8.kubernetes.api.model.Pod;
import io.fabric8.kubernetes.client.Config;
import io.fabric8.kubernetes.client.ConfigBuilder;
import io.fabric8.kubernetes.client.KubernetesClient;
import io.fabric8.kubernetes.client.KubernetesClientBuilder;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** A list of many objects comes in pages, so that its size is no matter of memory. */
@Timeout(30)
class InformerStoreTest {
    private static final int PODS = 1000;
    private static final String REST =
            """
            , "managedFields": [{"manager": "m", "fieldsV1": {"f:spec": {"f:a": {}}}}]},
             "spec": {"volumes": [{"name": "v", "emptyDir": {}}], "tolerations": [{"key": "k"}], "hostNetwork": true,
               "containers": [{"name": "app", "env": [{"name": "A", "value": "a"}], "ports": [{"containerPort": 80}],
                 "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]},
             "status": {"phase": "Running"}}""";

    private final List<String> lists = new CopyOnWriteArrayList<>();
    private final AtomicInteger compressed = new AtomicInteger();

    /** Bytes of a piece of an answer; 0: nothing is compressed. */
    private volatile int compressedIn;

    @Test
    void manyPodsComePageByPage() throws Exception {
        List<Pod> pods = listed(client -> client);
        assertEquals(PODS, pods.size());
        assertEquals(PODS / InformerStore.PAGE, lists.size(), lists::toString);
    }

    /** What the manager never reads does not become objects, and the rest is what it would be. */
    @Test
    void whatIsNeverReadIsNotEvenParsed() throws Exception {
        List<Pod> plain = sorted(listed(client -> client));
        List<Pod> lean = sorted(listed(LeanClients::pods));
        assertEquals(plain, lean);
        assertEquals(
                1,
                lean.getFirst().getSpec().getContainers().getFirst().getPorts().size());
        Pod untrimmed = sorted(listed(LeanClients::pods, pod -> pod)).getFirst();
        assertEquals(List.of(), untrimmed.getMetadata().getManagedFields());
        assertEquals(List.of(), untrimmed.getSpec().getVolumes());
        assertEquals(List.of(), untrimmed.getSpec().getContainers().getFirst().getEnv());
    }

    /** The API server compresses what is long, if it is asked to; whatever the pieces are in which it comes. */
    @Test
    void listsThatComeCompressedAreTheSame() throws Exception {
        List<Pod> plain = sorted(listed(client -> client));
        for (int piece : List.of(1 << 20, 1000, 7)) {
            compressedIn = piece;
            compressed.set(0);
            assertEquals(plain, sorted(listed(LeanClients::pods)));
            assertEquals(PODS / InformerStore.PAGE, compressed.get());
        }
    }

    /** Texts that many pods have are one, and so is what is empty in them. */
    @Test
    void whatManyPodsHaveInCommonIsThereOnce() throws Exception {
        List<Pod> pods = sorted(listed(LeanClients::pods));
        for (int i = 1; i < PODS; i++) {
            assertSame(
                    pods.getFirst().getStatus().getPhase(),
                    pods.get(i).getStatus().getPhase());
            assertSame(
                    pods.getFirst().getSpec().getContainers().getFirst().getAdditionalProperties(),
                    pods.get(i).getMetadata().getAdditionalProperties());
        }
    }

    @Test
    void ofTextsOnlyThePlaceIsShared() {
        SharedStrings strings = new SharedStrings();
        for (int i = 0; i < 100_000; i++) {
            String text = Integer.toString(i % 7000);
            assertEquals(text, strings.shared(text));
        }
        String once = new String("again");
        assertSame(strings.shared(once), strings.shared(new String("again")));
        assertEquals(null, strings.shared(null));
    }

    private static List<Pod> sorted(List<Pod> pods) {
        return pods.stream()
                .sorted(Comparator.comparing(p -> p.getMetadata().getName()))
                .toList();
    }

    private List<Pod> listed(UnaryOperator<KubernetesClient> as) throws Exception {
        return listed(as, ObjectTrim::pod);
    }

    private List<Pod> listed(UnaryOperator<KubernetesClient> as, UnaryOperator<Pod> trim) throws Exception {
        HttpServer http = HttpServer.create(new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 0), 0);
        http.createContext("/", this::answer);
        http.start();
        Config config = new ConfigBuilder(Config.empty())
                .withMasterUrl("http://127.0.0.1:" + http.getAddress().getPort())
                .withRequestRetryBackoffLimit(0)
                .build();
        try (KubernetesClient client =
                        new KubernetesClientBuilder().withConfig(config).build();
                KubernetesClient used = as.apply(client);
                InformerStore<Pod> store = new InformerStore<>("pods", trim)) {
            store.start("", used.pods().inAnyNamespace(), true).get(20, TimeUnit.SECONDS);
            assertEquals(PODS, store.in("many").size());
            assertTrue(store.version("many") >= PODS);
            return store.all();
        } finally {
            http.stop(0);
        }
    }

    /** As an API server: no more than the limit, and where it goes on. */
    private void answer(HttpExchange exchange) throws IOException {
        String query = exchange.getRequestURI().toString();
        if (query.contains("watch=true")) {
            // No WebSocket; the plain answer that is asked for then does not end.
            boolean plain = exchange.getRequestHeaders().get("Upgrade") == null;
            exchange.sendResponseHeaders(200, plain ? 0 : -1);
            if (plain) {
                exchange.getResponseBody().flush();
            } else {
                exchange.close();
            }
            return;
        }
        lists.add(query);
        int limit = number(query, "limit", PODS);
        int from = number(query, "continue", 0);
        int end = Math.min(PODS, from + limit);
        String items = IntStream.range(from, end)
                .mapToObj(i -> "{\"metadata\": {\"name\": \"pod-" + i + "\", \"namespace\": \"many\"" + REST)
                .collect(Collectors.joining(", "));
        byte[] body =
                ("{\"kind\": \"PodList\", \"apiVersion\": \"v1\", \"metadata\": {\"resourceVersion\": \"7\", \"continue\": \""
                                + (end < PODS ? end : "") + "\"}, \"items\": [" + items + "]}")
                        .getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().add("Content-Type", "application/json");
        boolean packs = compressedIn > 0
                && String.valueOf(exchange.getRequestHeaders().getFirst("Accept-Encoding"))
                        .contains("gzip");
        byte[] sent = packs ? packed(body) : body;
        exchange.sendResponseHeaders(200, sent.length);
        int piece = packs ? compressedIn : sent.length;
        for (int i = 0; i < sent.length; i += piece) {
            exchange.getResponseBody().write(sent, i, Math.min(piece, sent.length - i));
            exchange.getResponseBody().flush();
        }
        exchange.close();
    }

    private byte[] packed(byte[] body) throws IOException {
        compressed.incrementAndGet();
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(bytes)) {
            gzip.write(body);
        }
        return bytes.toByteArray();
    }

    private static int number(String query, String name, int otherwise) {
        return query.matches(".*[?&]" + name + "=\\d+.*")
                ? Integer.parseInt(query.replaceAll(".*[?&]" + name + "=(\\d+).*", "$1"))
                : otherwise;
    }
}
