package io.telepresence.e2e.protocol;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.telepresence.e2e.apps.JavaProgram;
import io.telepresence.e2e.apps.WebApp;
import io.telepresence.e2e.harness.Cluster;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Result;
import io.telepresence.e2e.harness.Session;
import io.telepresence.e2e.harness.Shell;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Filters inside TLS: nginx as the application, its certificates given to the agent by annotations of the sample web. */
@ExtendWith(Session.class)
class TlsIT {
    private static final Laptop LAPTOP = new Laptop("developer");
    private static final Path FILES = Laptop.home().resolve("tls");
    private static Process plain;
    private static Process tls;

    @BeforeAll
    static void connect() throws IOException {
        Files.createDirectories(FILES);
        for (String secret : new String[] {"web", "web-caller"}) {
            for (String file : new String[] {"tls.crt", "tls.key", "ca.crt"}) {
                String value = Cluster.kubectl(
                                "get", "secret", secret, "-o", "jsonpath={.data." + file.replace(".", "\\.") + "}")
                        .ok()
                        .stdout();
                Files.write(
                        FILES.resolve(secret + "-" + file), Base64.getDecoder().decode(value));
            }
        }
        LAPTOP.telepresence("connect").ok();
        plain = JavaProgram.of(WebApp.class).onLaptop(LAPTOP, 8120, "8120", "laptop");
        tls = LAPTOP.start("nginx", "-c", nginx().toString());
        Shell.await(
                "nginx listens on the laptop",
                Duration.ofSeconds(60),
                () -> LAPTOP.curl("-k", "https://127.0.0.1:8443/").exitCode() == 0);
    }

    private static Path nginx() throws IOException {
        String configuration =
                """
                daemon off; user root; pid FILES/pid; error_log FILES/log; events {}
                http {
                  access_log off; client_body_temp_path FILES/body; default_type text/plain;
                  proxy_temp_path FILES/a; fastcgi_temp_path FILES/b; uwsgi_temp_path FILES/c; scgi_temp_path FILES/d;
                  server {
                    listen 127.0.0.1:8443 ssl http2;
                    ssl_certificate FILES/web-tls.crt; ssl_certificate_key FILES/web-tls.key;
                    location / { return 200 "laptop by TLS $server_protocol $request_method $uri\\n"; }
                  }
                }
                """;
        return Files.writeString(FILES.resolve("nginx.conf"), configuration.replace("FILES", FILES.toString()));
    }

    @AfterAll
    static void quit() {
        plain.destroy();
        tls.destroy();
        LAPTOP.telepresence("quit", "-s");
    }

    @AfterEach
    void leaveAll() {
        LAPTOP.telepresence("leave", "mine");
    }

    @Test
    void requestsInsideTlsAreJudged() {
        assertEquals("nginx HTTP/2.0 GET /a\n", get("443", "--http2").ok().stdout());
        intercept("8443:https").ok();
        for (String[] version : new String[][] {{"--http2", "HTTP/2.0"}, {"--http1.1", "HTTP/1.1"}}) {
            assertEquals(
                    "nginx " + version[1] + " GET /a\n",
                    get("443", version[0]).ok().stdout());
            assertEquals(
                    "laptop by TLS " + version[1] + " GET /a\n",
                    get("443", version[0], "-H", "x-user: me").ok().stdout());
        }
    }

    @Test
    void theLaptopMayBeSpokenToWithoutTls() {
        intercept("8120:https", "--plaintext").ok();
        for (String[] version : new String[][] {{"--http2", "HTTP/2.0"}, {"--http1.1", "HTTP/1.1"}}) {
            assertEquals(
                    "nginx " + version[1] + " GET /a\n",
                    get("443", version[0], "-H", "x-user: you").ok().stdout());
            assertEquals(
                    "laptop " + version[1] + " GET /a 0\n",
                    get("443", version[0], "-H", "x-user: me").ok().stdout());
        }
    }

    @Test
    void certificatesOnBothSides() {
        String[] shown = {"--cert", FILES + "/web-caller-tls.crt", "--key", FILES + "/web-caller-tls.key"};
        assertEquals(
                "nginx CN=web-caller HTTP/2.0 GET /a\n", get("444", shown).ok().stdout());
        intercept("8120:mtls", "--plaintext").ok();
        // The agent shows the certificate that it was given, as nginx asks for one.
        assertEquals(
                "nginx CN=web-caller HTTP/2.0 GET /a\n", get("444", shown).ok().stdout());
        assertEquals(
                "laptop HTTP/2.0 GET /a 0\n",
                get("444", Shell.join(List.of(shown), "-H", "x-user: me").toArray(String[]::new))
                        .ok()
                        .stdout());
        // Who shows none gets neither the laptop nor the application.
        get("444", "-H", "x-user: me").failed().saysNot("laptop");
        get("444").failed().saysNot("nginx");
    }

    private static Result intercept(String port, String... more) {
        return LAPTOP.telepresence(Shell.join(
                        List.of(
                                "intercept",
                                "mine",
                                "--workload",
                                "web",
                                "--port",
                                port,
                                "--http-header",
                                "x-user=me",
                                "--mount=false"),
                        more)
                .toArray(String[]::new));
    }

    /** The certificate is checked for the service's name. */
    private static Result get(String port, String... more) {
        List<String> command = List.of(
                "curl",
                "-sS",
                "-m",
                "15",
                "--cacert",
                FILES + "/web-ca.crt",
                "--connect-to",
                "web:" + port + ":" + Cluster.serviceIp("web") + ":" + port);
        List<String> all = Shell.join(command, more);
        all.add("https://web:" + port + "/a");
        return Cluster.onNode(Shell.LIMIT, all.toArray(String[]::new));
    }
}
