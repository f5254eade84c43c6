package io.telepresence.agent.sftp;

import java.nio.ByteBuffer;
import java.nio.file.attribute.FileTime;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;

/** Takes a request apart. What is too short is a bad message; what is too long is passed over. */
final class PacketReader {
    private static final int SIZE = 1;
    private static final int OWNER = 2;
    private static final int PERMISSIONS = 4;
    private static final int TIMES = 8;
    private static final int EXTENDED = 0x8000_0000;

    private final ByteBuffer bytes;

    PacketReader(ByteBuffer bytes) {
        this.bytes = bytes;
    }

    int int8() throws Refused {
        return need(1).get() & 0xff;
    }

    int int32() throws Refused {
        return need(4).getInt();
    }

    long int64() throws Refused {
        return need(8).getLong();
    }

    /** A part of the packet itself, not a copy. */
    ByteBuffer data() throws Refused {
        int length = int32();
        if (length < 0 || length > bytes.remaining()) {
            throw Refused.badMessage("the packet ends within a string");
        }
        ByteBuffer part = bytes.slice(bytes.position(), length);
        bytes.position(bytes.position() + length);
        return part;
    }

    /** A path, or another text. */
    String text() throws Refused {
        return NamesOnDisk.CHARSET.decode(data()).toString();
    }

    Changes changes() throws Refused {
        int flags = int32();
        OptionalLong size = (flags & SIZE) == 0 ? OptionalLong.empty() : OptionalLong.of(int64());
        Optional<Changes.Owner> owner =
                (flags & OWNER) == 0 ? Optional.empty() : Optional.of(new Changes.Owner(int32(), int32()));
        OptionalInt permissions = (flags & PERMISSIONS) == 0 ? OptionalInt.empty() : OptionalInt.of(int32());
        Optional<Changes.Times> times =
                (flags & TIMES) == 0 ? Optional.empty() : Optional.of(new Changes.Times(time(), time()));
        if ((flags & EXTENDED) != 0) {
            int count = int32();
            for (int i = 0; i < count; i++) {
                data();
                data();
            }
        }
        return new Changes(size, owner, permissions, times);
    }

    private FileTime time() throws Refused {
        return FileTime.from(Integer.toUnsignedLong(int32()), TimeUnit.SECONDS);
    }

    private ByteBuffer need(int count) throws Refused {
        if (bytes.remaining() < count) {
            throw Refused.badMessage("the packet is too short");
        }
        return bytes;
    }
}
