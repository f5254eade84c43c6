package io.telepresence.e2e.apps;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.locks.LockSupport;
import org.eclipse.jetty.http.HttpField;
import org.eclipse.jetty.http.HttpFields;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;

/**
 * What is rolled, or answers in its place: {@code DrainApp PORT[,PORT] NAME GRACE-MS [TCP-PORT]}. HTTP/1.1 and HTTP/2:
 * {@code /delay/MS} answers later, {@code /events/N} sends so many events, two a second, {@link #TALK} is a gRPC method
 * that says what it hears, every other path tells {@code NAME METHOD PATH}; WebSocket at {@code /ws}. The port for TCP
 * says what it hears. After SIGTERM it serves so long on, and keeps no connection of HTTP/1.1 any more.
 */
public final class DrainApp extends Handler.Abstract {
    public static final String TALK = "drain.Echo/Talk";
    public static final long PAUSE_NANOS = 500_000_000;

    private final String name;
    private volatile boolean ending;

    private DrainApp(String name) {
        this.name = name;
    }

    public static void main(String[] arguments) throws Exception {
        DrainApp app = new DrainApp(arguments[1]);
        long grace = Long.parseLong(arguments[2]);
        WebApp.server(arguments[0], arguments[1], app).start();
        Runtime.getRuntime().addShutdownHook(new Thread(() -> {
            app.ending = true;
            long end = System.nanoTime() + grace * 1_000_000;
            while (System.nanoTime() - end < 0) {
                LockSupport.parkNanos(end - System.nanoTime());
            }
        }));
        if (arguments.length > 3) {
            accept(new ServerSocket(Integer.parseInt(arguments[3])));
        }
    }

    private static void accept(ServerSocket server) throws IOException {
        while (true) {
            Socket socket = server.accept();
            Thread.ofVirtual().start(() -> {
                try (socket) {
                    socket.getInputStream().transferTo(socket.getOutputStream());
                } catch (IOException e) {
                    // The caller hears of it.
                }
            });
        }
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        String path = Request.getPathInContext(request);
        if (ending && request.getConnectionMetaData().getHttpVersion() == HttpVersion.HTTP_1_1) {
            response.getHeaders().put(HttpHeader.CONNECTION, "close");
        }
        if (path.equals("/" + TALK)) {
            talk(request, response);
            callback.succeeded();
        } else if (path.startsWith("/events/")) {
            tellEvents(response, Integer.parseInt(path.substring("/events/".length())));
            callback.succeeded();
        } else {
            if (path.startsWith("/delay/")) {
                LockSupport.parkNanos(Long.parseLong(path.substring("/delay/".length())) * 1_000_000);
            }
            String text = name + " " + request.getMethod() + " " + path + "\n";
            response.getHeaders().put(HttpHeader.CONTENT_LENGTH, text.length());
            response.write(true, StandardCharsets.UTF_8.encode(text), callback);
        }
        return true;
    }

    /** Messages of gRPC are the same in both directions. */
    private static void talk(Request request, Response response) throws IOException {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "application/grpc");
        response.setTrailersSupplier(() -> HttpFields.from(new HttpField("grpc-status", "0")));
        InputStream in = Content.Source.asInputStream(request);
        OutputStream out = Content.Sink.asOutputStream(response);
        byte[] block = new byte[4096];
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
            out.write(block, 0, n);
            out.flush();
        }
        out.close();
    }

    private void tellEvents(Response response, int count) throws IOException {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
        OutputStream out = Content.Sink.asOutputStream(response);
        long begin = System.nanoTime();
        for (int i = 1; i <= count; i++) {
            out.write(("data: " + name + " " + i + "\n\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            LockSupport.parkNanos(begin + i * PAUSE_NANOS - System.nanoTime());
        }
        out.close();
    }
}
