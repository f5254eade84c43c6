package io.telepresence.cli.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufUtil;
import io.netty.buffer.Unpooled;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersDecoder;
import io.netty.handler.codec.http2.DefaultHttp2HeadersEncoder;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.handler.codec.http2.Http2HeadersEncoder;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Our HPACK against Netty's. */
final class HeadersTest {
    /** Zero: Netty codes every text with Huffman. */
    @ParameterizedTest
    @ValueSource(ints = {0, 100_000})
    void readsWhatNettyWrites(int huffmanFrom) throws Exception {
        StringBuilder all = new StringBuilder();
        for (char c = ' '; c < 127; c++) {
            all.append(c);
        }
        Http2Headers headers = new DefaultHttp2Headers(false)
                .status("200")
                .add("content-type", "application/grpc")
                .add("grpc-status", "9")
                .add("www-authenticate", "last of the static table")
                .add("vary", "")
                .add("accept-charset", "first without a value")
                .add("long", "z".repeat(5000))
                .add("x-all", all.toString());
        var encoder = new DefaultHttp2HeadersEncoder(Http2HeadersEncoder.NEVER_SENSITIVE, false, 16, huffmanFrom);
        encoder.maxHeaderTableSize(0);
        ByteBuf block = Unpooled.buffer();
        encoder.encodeHeaders(1, headers, block);
        Map<String, String> want = new TreeMap<>();
        headers.forEach(e -> want.put(e.getKey().toString(), e.getValue().toString()));
        assertEquals(want, new TreeMap<>(Headers.decode(ByteBufUtil.getBytes(block))));
    }

    @Test
    void nettyReadsWhatWeWrite() throws Exception {
        byte[] block = Headers.encode(":method", "POST", "x-long", "y".repeat(1000), "te", "trailers");
        Http2Headers read = new DefaultHttp2HeadersDecoder(false).decodeHeaders(1, Unpooled.wrappedBuffer(block));
        assertEquals("POST", read.method().toString());
        assertEquals("y".repeat(1000), read.get("x-long").toString());
        assertEquals("trailers", read.get("te").toString());
    }

    @Test
    void refusesWhatIsCutShortOrOutOfRange() {
        assertThrows(CallFailed.class, () -> Headers.decode(new byte[] {(byte) 0xff, 0x10}));
        assertThrows(CallFailed.class, () -> Headers.decode(new byte[] {0x00, 0x05, 'a'}));
        assertThrows(CallFailed.class, () -> Headers.decode(new byte[] {0x00}));
        assertThrows(CallFailed.class, () -> Headers.decode(new byte[] {0x00, 0x01, 'a', (byte) 0x81, 0x00}));
        assertThrows(CallFailed.class, () -> Headers.decode(new byte[] {(byte) 0x80}));
    }

    @Test
    void percentDecodesMessages() {
        assertEquals("no: ä%", Trailers.percentDecoded("no: %C3%A4%25"));
        assertEquals("50% of %zz", Trailers.percentDecoded("50% of %zz"));
        assertEquals("%2", Trailers.percentDecoded("%2"));
    }
}
