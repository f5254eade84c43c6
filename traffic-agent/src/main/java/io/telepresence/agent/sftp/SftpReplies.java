package io.telepresence.agent.sftp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;

/** Puts answers together, several into one frame as long as the client's next request is already there. One thread. */
final class SftpReplies {
    /** Of one answer with data; and so of the memory for answers, twice. */
    static final int LARGEST_DATA = 255 << 10;

    private static final int VERSION = 2;
    private static final int STATUS = 101;
    private static final int HANDLE = 102;
    private static final int DATA = 103;
    private static final int NAME = 104;
    private static final int ATTRS = 105;
    private static final int EXTENDED_REPLY = 201;
    private static final int WITH_ALL = 0xF;
    private static final int ENOUGH = 128 << 10;
    private static final int FIRST = 4 << 10;

    private final FlowPipe pipe;
    private ByteBuf pending;
    private int start;
    private boolean building;

    SftpReplies(FlowPipe pipe) {
        this.pipe = pipe;
    }

    void version(String... extensions) throws IOException {
        begin(VERSION);
        pending.writeInt(3);
        for (String text : extensions) {
            ascii(text);
        }
        end();
    }

    void status(int id, SftpStatus status) throws IOException {
        begin(STATUS, id);
        pending.writeInt(status.code());
        bytes(status.text().getBytes(StandardCharsets.UTF_8));
        ascii("en");
        end();
    }

    void handle(int id, int handle) throws IOException {
        begin(HANDLE, id);
        pending.writeInt(4).writeInt(handle);
        end();
    }

    void attributes(int id, Attributes of) throws IOException {
        begin(ATTRS, id);
        attributes(of);
        end();
    }

    /** One name, for requests that answer with a path. */
    void name(int id, String name) throws IOException {
        beginNames(id);
        entry(name, "", null);
        endNames(1);
    }

    /** {@link #entry} as often as wished, then {@link #endNames}. */
    void beginNames(int id) {
        begin(NAME, id);
        pending.writeInt(0);
    }

    void entry(String name, String line, Attributes of) {
        bytes(name.getBytes(NamesOnDisk.CHARSET));
        bytes(line.getBytes(NamesOnDisk.CHARSET));
        if (of == null) {
            pending.writeInt(0);
        } else {
            attributes(of);
        }
    }

    /** Bytes of names so far. */
    int size() {
        return pending.writerIndex() - start;
    }

    void endNames(int count) throws IOException {
        pending.setInt(start + 9, count);
        end();
    }

    /** Numbers, as an extension defines them. */
    void extended(int id, long... numbers) throws IOException {
        begin(EXTENDED_REPLY, id);
        for (long number : numbers) {
            pending.writeLong(number);
        }
        end();
    }

    /** What is in the file there, {@code length} bytes at most; or that it ends before. */
    void data(int id, FileChannel file, long offset, int length) throws IOException {
        begin(DATA, id);
        pending.writeInt(0);
        int most = Math.min(length, LARGEST_DATA);
        int count = 0;
        pending.ensureWritable(most);
        while (count < most) {
            int got = pending.writeBytes(file, offset + count, most - count);
            if (got <= 0) {
                break;
            }
            count += got;
        }
        if (count == 0 && most > 0) {
            undo();
            status(id, SftpStatus.END);
        } else {
            pending.setInt(start + 9, count);
            end();
        }
    }

    /** Forgets the answer that is not complete. */
    void undo() {
        if (building) {
            building = false;
            pending.writerIndex(start);
        }
    }

    /** Everything is on its way; blocks while the flow has no credit. */
    void flush() throws IOException {
        if (pending != null && pending.isReadable()) {
            ByteBuf full = pending;
            pending = null;
            pipe.write(full);
        }
    }

    void release() {
        if (pending != null) {
            pending.release();
            pending = null;
        }
    }

    private void begin(int type, int id) {
        begin(type);
        pending.writeInt(id);
    }

    private void begin(int type) {
        if (pending == null) {
            pending = PooledByteBufAllocator.DEFAULT.directBuffer(FIRST);
        }
        start = pending.writerIndex();
        building = true;
        pending.writeInt(0).writeByte(type);
    }

    private void end() throws IOException {
        building = false;
        pending.setInt(start, pending.writerIndex() - start - 4);
        if (pending.readableBytes() > ENOUGH) {
            flush();
        }
    }

    private void attributes(Attributes of) {
        pending.writeInt(WITH_ALL)
                .writeLong(of.size())
                .writeInt(of.uid())
                .writeInt(of.gid())
                .writeInt(of.mode())
                .writeInt(of.accessed())
                .writeInt(of.modified());
    }

    private void ascii(String text) {
        bytes(text.getBytes(StandardCharsets.US_ASCII));
    }

    private void bytes(byte[] text) {
        pending.writeInt(text.length).writeBytes(text);
    }
}
