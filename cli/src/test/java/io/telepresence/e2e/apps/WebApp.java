package io.telepresence.e2e.apps;

import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http2.server.HTTP2CServerConnectionFactory;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.websocket.api.Session;
import org.eclipse.jetty.websocket.server.WebSocketUpgradeHandler;

/**
 * A Java server, in a pod or on a laptop: {@code WebApp PORT NAME}. It speaks HTTP/1.1, HTTP/2 without TLS (by prior
 * knowledge and by Upgrade) and WebSocket. Answers {@code NAME PROTOCOL METHOD PATH LENGTH}; of {@code /events}, one
 * event for each request for {@code /next}; of {@code /ws}, everything that it is told.
 */
public final class WebApp extends Handler.Abstract {
    private final String name;
    private final Semaphore events = new Semaphore(0);

    private WebApp(String name) {
        this.name = name;
    }

    public static void main(String[] arguments) throws Exception {
        server(arguments[0], arguments[1], new WebApp(arguments[1])).start();
    }

    /** @param ports separated by commas; all of them serve the same */
    public static Server server(String ports, String name, Handler handler) {
        Server server = new Server();
        HttpConfiguration http = new HttpConfiguration();
        for (String port : ports.split(",")) {
            ServerConnector connector = new ServerConnector(
                    server, new HttpConnectionFactory(http), new HTTP2CServerConnectionFactory(http));
            connector.setPort(Integer.parseInt(port));
            connector.setIdleTimeout(Duration.ofMinutes(3).toMillis());
            server.addConnector(connector);
        }
        WebSocketUpgradeHandler upgrade = WebSocketUpgradeHandler.from(server, container -> {
            container.setMaxTextMessageSize(64 << 20);
            container.setMaxBinaryMessageSize(64 << 20);
            container.setMaxFrameSize(64 << 20);
            container.setIdleTimeout(Duration.ofMinutes(1));
            container.addMapping("/ws", (request, response, callback) -> new Echo(name));
        });
        upgrade.setHandler(handler);
        server.setHandler(upgrade);
        return server;
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) throws Exception {
        String path = Request.getPathInContext(request);
        if (path.equals("/events")) {
            tellEvents(response);
        } else {
            if (path.equals("/next")) {
                events.release();
            }
            long length = length(Content.Source.asInputStream(request));
            String text = name + " " + request.getConnectionMetaData().getProtocol() + " " + request.getMethod() + " "
                    + path + " " + length + "\n";
            response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/plain");
            response.write(true, StandardCharsets.UTF_8.encode(text), callback);
            return true;
        }
        callback.succeeded();
        return true;
    }

    private void tellEvents(Response response) throws Exception {
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, "text/event-stream");
        OutputStream out = Content.Sink.asOutputStream(response);
        for (int i = 0; i < 3; i++) {
            out.write(("data: " + name + " " + i + "\n\n").getBytes(StandardCharsets.UTF_8));
            out.flush();
            if (!events.tryAcquire(20, TimeUnit.SECONDS)) {
                break;
            }
        }
    }

    private static long length(InputStream in) throws Exception {
        byte[] block = new byte[64 << 10];
        long length = 0;
        for (int n = in.read(block); n >= 0; n = in.read(block)) {
            length += n;
        }
        return length;
    }

    /** Says its name first, then what it hears. Public for Jetty, which looks its methods up. */
    public static final class Echo extends Session.Listener.AbstractAutoDemanding {
        private final String name;

        Echo(String name) {
            this.name = name;
        }

        @Override
        public void onWebSocketOpen(Session session) {
            super.onWebSocketOpen(session);
            session.sendText(name, org.eclipse.jetty.websocket.api.Callback.NOOP);
        }

        @Override
        public void onWebSocketText(String message) {
            getSession().sendText(message, org.eclipse.jetty.websocket.api.Callback.NOOP);
        }

        @Override
        public void onWebSocketBinary(ByteBuffer message, org.eclipse.jetty.websocket.api.Callback callback) {
            ByteBuffer copy =
                    ByteBuffer.allocate(message.remaining()).put(message).flip();
            getSession().sendBinary(copy, callback);
        }
    }
}
