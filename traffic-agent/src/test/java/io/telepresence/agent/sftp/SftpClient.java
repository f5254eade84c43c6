package io.telepresence.agent.sftp;

import java.io.ByteArrayOutputStream;
import java.io.Closeable;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.net.Socket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Speaks SFTP version 3 as it is on the wire, one request at a time. */
final class SftpClient implements Closeable {
    private final Socket socket;
    private final DataInputStream in;
    private final DataOutputStream out;
    private int lastId;

    /** A reply without its length. */
    record Reply(int type, ByteBuffer body) {
        int status() {
            return type == 101 ? body.getInt(4) : -type;
        }

        /** The handle of an open file or directory. */
        byte[] handle() {
            if (type != 102) {
                throw new IllegalStateException("no handle but " + status());
            }
            return bytes(body.position(4));
        }

        String data() {
            return type == 103 ? new String(bytes(body.position(4)), StandardCharsets.UTF_8) : "status " + status();
        }

        String name() {
            return type == 104 ? new String(bytes(body.position(8)), StandardCharsets.UTF_8) : "status " + status();
        }

        List<String> names() {
            List<String> names = new ArrayList<>();
            int count = body.position(4).getInt();
            for (int i = 0; i < count; i++) {
                names.add(new String(bytes(body), StandardCharsets.UTF_8));
                bytes(body);
                body.position(body.position() + 32);
            }
            return names;
        }

        long size() {
            return body.getLong(8);
        }

        int mode() {
            return type == 105 ? body.getInt(24) : -status();
        }

        private static byte[] bytes(ByteBuffer from) {
            byte[] bytes = new byte[from.getInt()];
            from.get(bytes);
            return bytes;
        }
    }

    /** The connection only; nothing is said. */
    SftpClient(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(20_000);
        in = new DataInputStream(socket.getInputStream());
        out = new DataOutputStream(socket.getOutputStream());
    }

    static SftpClient greeted(int port) throws IOException {
        SftpClient client = new SftpClient(port);
        client.raw(new byte[] {0, 0, 0, 5, 1, 0, 0, 0, 3});
        Reply version = client.reply();
        if (version.type() != 2 || version.body().getInt() != 3) {
            throw new IOException("not greeted: " + version);
        }
        return client;
    }

    void raw(byte[] bytes) throws IOException {
        out.write(bytes);
        out.flush();
    }

    void finish() throws IOException {
        socket.shutdownOutput();
    }

    /** @return -1 at the end */
    int read() throws IOException {
        return in.read();
    }

    Reply reply() throws IOException {
        byte[] packet = in.readNBytes(in.readInt());
        return new Reply(
                packet[0] & 0xff, ByteBuffer.wrap(packet, 1, packet.length - 1).slice());
    }

    /** Sends one request with these strings, numbers and bytes, and waits for its reply. */
    Reply ask(int type, Object... fields) throws IOException {
        raw(packet(type, ++lastId, fields));
        Reply reply = reply();
        if (reply.body().getInt(0) != lastId) {
            throw new IOException("reply to another request");
        }
        return reply;
    }

    int status(int type, Object... fields) throws IOException {
        return ask(type, fields).status();
    }

    Reply open(String path, int flags) throws IOException {
        return ask(3, path, flags, 0);
    }

    String content(String path) throws IOException {
        Reply opened = open(path, OpenFile.READ);
        if (opened.type() != 102) {
            return "status " + opened.status();
        }
        byte[] handle = opened.handle();
        String content = ask(5, handle, 0L, 1000).data();
        ask(4, handle);
        return content;
    }

    List<String> list(String path) throws IOException {
        byte[] handle = ask(11, path).handle();
        List<String> names = new ArrayList<>();
        for (Reply next = ask(12, handle); next.type() == 104; next = ask(12, handle)) {
            names.addAll(next.names());
        }
        ask(4, handle);
        names.sort(null);
        return names;
    }

    static byte[] packet(int type, int id, Object... fields) throws IOException {
        ByteArrayOutputStream body = new ByteArrayOutputStream();
        DataOutputStream to = new DataOutputStream(body);
        to.writeByte(type);
        to.writeInt(id);
        for (Object field : fields) {
            switch (field) {
                case Integer number -> to.writeInt(number);
                case Long number -> to.writeLong(number);
                case String text -> write(to, text.getBytes(StandardCharsets.UTF_8));
                case byte[] bytes -> write(to, bytes);
                default -> throw new IllegalArgumentException(field.getClass().getName());
            }
        }
        return ByteBuffer.allocate(4 + body.size())
                .putInt(body.size())
                .put(body.toByteArray())
                .array();
    }

    private static void write(DataOutputStream to, byte[] bytes) throws IOException {
        to.writeInt(bytes.length);
        to.write(bytes);
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
