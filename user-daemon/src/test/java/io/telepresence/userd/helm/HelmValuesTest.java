package io.telepresence.userd.helm;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.HelmRequest;
import io.telepresence.rpc.connector.KubeFlags;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class HelmValuesTest {
    private static Map<String, Object> set(String... assignments) throws FaultException {
        return HelmValues.of(
                HelmRequest.newBuilder().addAllSet(Arrays.asList(assignments)).build());
    }

    @ParameterizedTest
    @CsvSource(
            delimiter = '|',
            value = {
                "a=1                     | {a=1}",
                "a.b.c=x,d=true          | {a={b={c=x}}, d=true}",
                "a={x,2,y}               | {a=[x, 2, y]}",
                "a={}                    | {a=[]}",
                "a[1].b=z                | {a=[null, {b=z}]}",
                "a\\.b=1                 | {a.b=1}",
                "a=x\\,y                 | {a=x,y}",
                "a=                      | {a=}",
                "a=null                  | {a=null}",
                "a=007                   | {a=007}",
                "a={x},b=2               | {a=[x], b=2}",
            })
    void setIsHelmsLanguage(String assignment, String want) throws FaultException {
        assertEquals(want, set(assignment).toString());
    }

    @Test
    void typesAreFoundBySetAndKeptAwayBySetString() throws FaultException {
        assertEquals(Map.of("a", 1L, "b", true), set("a=1", "b=true"));
        assertEquals(
                Map.of("a", "1", "b", "true"),
                HelmValues.of(
                        HelmRequest.newBuilder().addSetString("a=1,b=true").build()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"a", "=1", "a[x]=1", "a[99999999]=1"})
    void nonsenseSaysWhatItShouldBe(String assignment) {
        FaultException refused = assertThrows(FaultException.class, () -> set(assignment));
        assertEquals("Write it as name.name=value", refused.fault().remedy());
    }

    @Test
    void laterSourcesWinAndMapsAreMerged(@TempDir Path directory) throws Exception {
        Files.writeString(directory.resolve("a.yaml"), "m: {one: 1, two: 2}\nkept: yes\n");
        Files.writeString(directory.resolve("b.yaml"), "m: {two: 3}\n");
        Files.writeString(directory.resolve("text"), "from a file\n");
        HelmRequest request = HelmRequest.newBuilder()
                .setKube(KubeFlags.newBuilder().setWorkingDirectory(directory.toString()))
                .addValues("a.yaml")
                .addValues(directory.resolve("b.yaml").toString())
                .addSetJson("j={\"n\": 3, \"f\": 1.5}")
                .addSet("j.more=x,m.one=7")
                .addSetString("m.text=7")
                .addSetFile("file=text")
                .build();
        Map<String, Object> want = new LinkedHashMap<>();
        want.put("m", Map.of("one", 7L, "two", 3, "text", "7"));
        want.put("kept", "yes");
        want.put("j", Map.of("n", 3L, "f", 1.5, "more", "x"));
        want.put("file", "from a file\n");
        assertEquals(want, HelmValues.of(request));
    }

    @Test
    void valuesComeFromAUrlToo() throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
        server.createContext("/v.yaml", exchange -> {
            exchange.sendResponseHeaders(200, 0);
            exchange.getResponseBody().write("logLevel: debug\n".getBytes());
            exchange.close();
        });
        server.start();
        try {
            String url = "http://127.0.0.1:" + server.getAddress().getPort();
            HelmRequest.Builder request = HelmRequest.newBuilder();
            assertEquals(
                    Map.of("logLevel", "debug"),
                    HelmValues.of(request.clone().addValues(url + "/v.yaml").build()));
            assertThrows(
                    FaultException.class,
                    () -> HelmValues.of(request.clone().addValues(url + "/none").build()));
        } finally {
            server.stop(0);
        }
    }

    @Test
    void filesThatAreWrongAreNamed(@TempDir Path directory) throws Exception {
        for (Map.Entry<String, String> each :
                Map.of("- a\n", "is not a mapping", "a: [", "is not YAML").entrySet()) {
            Path file = Files.writeString(directory.resolve("v.yaml"), each.getKey());
            FaultException refused = assertThrows(
                    FaultException.class,
                    () -> HelmValues.of(
                            HelmRequest.newBuilder().addValues(file.toString()).build()));
            assertTrue(refused.fault().text().contains(file + " " + each.getValue()), refused::toString);
        }
    }

    @Test
    void theChartIsInTheJarAndGoesAway() throws Exception {
        Path path;
        try (EmbeddedChart chart = EmbeddedChart.unpack()) {
            path = chart.path();
            assertTrue(Files.readString(path.resolve("Chart.yaml")).contains("name: telepresence-oss"));
            assertTrue(Files.exists(path.resolve("templates/statefulset.yaml")));
            assertEquals(
                    "rwx------",
                    java.nio.file.attribute.PosixFilePermissions.toString(
                            Files.getPosixFilePermissions(path.getParent())));
        }
        assertEquals(List.of(), Files.exists(path.getParent()) ? List.of(path) : List.of());
    }
}
