package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A certificate of its own for a server in a test, made by openssl. */
record TestTls(Path certificate, Path key) {
    static boolean canBeMade() {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(d -> Files.isExecutable(Path.of(d, "openssl")));
    }

    /** @param names as openssl writes them: {@code DNS:kube_api,IP:127.0.0.1} */
    static TestTls selfSigned(Path directory, String names) throws IOException, InterruptedException {
        Path certificate = Files.createTempFile(directory, "tls", ".crt");
        Path key = Files.createTempFile(directory, "tls", ".key");
        Process openssl = new ProcessBuilder(
                        "openssl",
                        "req",
                        "-x509",
                        "-newkey",
                        "ec",
                        "-pkeyopt",
                        "ec_paramgen_curve:P-256",
                        "-nodes",
                        "-days",
                        "2",
                        "-subj",
                        "/CN=nobody",
                        "-addext",
                        "subjectAltName=" + names,
                        "-keyout",
                        key.toString(),
                        "-out",
                        certificate.toString())
                .redirectErrorStream(true)
                .redirectOutput(new File("/dev/null"))
                .start();
        assertTrue(openssl.waitFor(20, TimeUnit.SECONDS), "openssl");
        assertEquals(0, openssl.exitValue(), "openssl");
        return new TestTls(certificate, key);
    }

    SslContext server() throws IOException {
        return SslContextBuilder.forServer(certificate.toFile(), key.toFile())
                .sslProvider(SslProvider.JDK)
                .build();
    }
}
