package io.telepresence.manager.watch;

import io.fabric8.kubernetes.client.http.AsyncBody;
import io.fabric8.kubernetes.client.http.BasicBuilder;
import io.fabric8.kubernetes.client.http.HttpRequest;
import io.fabric8.kubernetes.client.http.Interceptor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/**
 * Asks for compressed answers and unpacks them. The API server compresses lists from 128 KiB on, to about a tenth; what is
 * not sent need not be decrypted, and decrypting would be most of what a start of the manager costs in a large cluster.
 */
final class CompressedLists implements Interceptor {
    @Override
    public void before(BasicBuilder builder, HttpRequest request, RequestTags tags) {
        builder.setHeader("Accept-Encoding", "gzip");
    }

    @Override
    public AsyncBody.Consumer<List<ByteBuffer>> consumer(
            AsyncBody.Consumer<List<ByteBuffer>> consumer, HttpRequest request) {
        return new Unpacking(consumer);
    }

    /** Of one answer, piece by piece. JSON does not begin as gzip does, so the first byte tells which of them it is. */
    private static final class Unpacking implements AsyncBody.Consumer<List<ByteBuffer>> {
        private static final int PIECE = 32 << 10;

        /** Magic number, the one method, no optional fields; time, level and system follow. RFC 1952. */
        private static final int[] BEGIN = {0x1f, 0x8b, 8, 0};

        private static final int HEADER = 10;

        private final AsyncBody.Consumer<List<ByteBuffer>> next;
        private boolean plain;
        private int header;

        /** Null until the header has begun. */
        private Inflater inflater;

        private boolean over;

        Unpacking(AsyncBody.Consumer<List<ByteBuffer>> next) {
            this.next = next;
        }

        @Override
        public void consume(List<ByteBuffer> packed, AsyncBody body) throws Exception {
            List<ByteBuffer> unpacked = new ArrayList<>();
            for (ByteBuffer piece : packed) {
                plain |= header == 0 && piece.hasRemaining() && piece.get(piece.position()) != BEGIN[0];
                if (plain) {
                    unpacked.add(piece);
                } else {
                    readHeader(piece);
                    unpack(piece, unpacked);
                }
            }
            next.consume(unpacked, body);
        }

        @Override
        public <U> U unwrap(Class<U> target) {
            return next.unwrap(target);
        }

        private void readHeader(ByteBuffer piece) throws IOException {
            inflater = inflater == null && piece.hasRemaining() ? new Inflater(true) : inflater;
            for (; header < HEADER && piece.hasRemaining(); header++) {
                int one = piece.get() & 0xff;
                if (header < BEGIN.length && one != BEGIN[header]) {
                    throw new IOException("the API server's answer is compressed in an unknown way");
                }
            }
        }

        private void unpack(ByteBuffer piece, List<ByteBuffer> unpacked) throws DataFormatException {
            if (over || !piece.hasRemaining()) {
                return;
            }
            inflater.setInput(piece);
            while (!inflater.finished() && !inflater.needsInput()) {
                byte[] some = new byte[PIECE];
                int length = inflater.inflate(some);
                if (length > 0) {
                    unpacked.add(ByteBuffer.wrap(some, 0, length));
                }
            }
            if (inflater.finished()) {
                over = true;
                inflater.end();
            }
        }
    }
}
