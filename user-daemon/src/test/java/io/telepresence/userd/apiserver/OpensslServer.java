package io.telepresence.userd.apiserver;

import static org.junit.jupiter.api.Assertions.assertNotNull;

import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An API server that tells its version, behind a TLS that is not Java's: Java's servers refuse callers that ask for a name
 * with an underscore. Who asks for the name gets the certificate of that name, others get another one.
 */
final class OpensslServer implements AutoCloseable {
    private static final Pattern LISTENS = Pattern.compile("ACCEPT .*:(\\d+)");
    private final Process server;
    private final int port;

    OpensslServer(Path directory, String name, TestTls named, TestTls others) throws Exception {
        String body = "{\"gitVersion\":\"v1\"}";
        Files.writeString(
                directory.resolve("version"),
                "HTTP/1.1 200 OK\r\nContent-Length: " + body.length() + "\r\n\r\n" + body);
        server = new ProcessBuilder(
                        "openssl",
                        "s_server",
                        "-HTTP",
                        "-accept",
                        "0",
                        "-servername",
                        name,
                        "-cert",
                        others.certificate().toString(),
                        "-key",
                        others.key().toString(),
                        "-cert2",
                        named.certificate().toString(),
                        "-key2",
                        named.key().toString())
                .directory(directory.toFile())
                .redirectErrorStream(true)
                .start();
        BufferedReader said =
                new BufferedReader(new InputStreamReader(server.getInputStream(), StandardCharsets.UTF_8));
        String line = said.readLine();
        while (line != null && !LISTENS.matcher(line).matches()) {
            line = said.readLine();
        }
        assertNotNull(line, "openssl s_server does not listen");
        Matcher listens = LISTENS.matcher(line);
        port = listens.matches() ? Integer.parseInt(listens.group(1)) : 0;
    }

    int port() {
        return port;
    }

    @Override
    public void close() {
        server.destroy();
    }
}
