package io.telepresence.userd.helm;

import java.io.IOException;
import java.net.URI;
import java.net.URISyntaxException;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.Map;
import java.util.stream.Stream;

/** The chart out of this jar, in a temporary directory that only its owner can read; closing removes it. */
final class EmbeddedChart implements AutoCloseable {
    private final Path directory;

    private EmbeddedChart(Path directory) {
        this.directory = directory;
    }

    /** One at a time: a jar can be opened as a file system only once. */
    static synchronized EmbeddedChart unpack() throws IOException {
        EmbeddedChart chart = new EmbeddedChart(Files.createTempDirectory("telepresence-helm"));
        try {
            URI uri = EmbeddedChart.class.getResource("/chart/Chart.yaml").toURI();
            if (uri.getScheme().equals("jar")) {
                try (FileSystem jar = FileSystems.newFileSystem(uri, Map.of())) {
                    chart.copy(jar.getPath("/chart"));
                }
            } else {
                chart.copy(Path.of(uri).getParent());
            }
            return chart;
        } catch (URISyntaxException e) {
            chart.close();
            throw new IOException(e);
        } catch (IOException e) {
            chart.close();
            throw e;
        }
    }

    /** Where {@code Chart.yaml} lies. */
    Path path() {
        return directory.resolve("telepresence-oss");
    }

    /** A file beside the chart, removed with it. */
    Path write(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    private void copy(Path from) throws IOException {
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                Path to = path().resolve(from.relativize(file).toString());
                Files.createDirectories(to.getParent());
                Files.copy(file, to);
            }
        }
    }

    @Override
    public void close() throws IOException {
        try (Stream<Path> files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
