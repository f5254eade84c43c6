package io.telepresence.rootd.tun;

import java.nio.ByteBuffer;
import jnr.ffi.LibraryLoader;
import jnr.ffi.annotations.In;
import jnr.ffi.annotations.Out;
import jnr.ffi.annotations.Variadic;
import jnr.ffi.types.intptr_t;
import jnr.ffi.types.size_t;
import jnr.ffi.types.ssize_t;
import jnr.ffi.types.u_int64_t;

/**
 * The few calls of the C library that a TUN device needs. The JVM must run with
 * {@code -Djnr.ffi.x86asm.enabled=false}: jnr-ffi's own assembler passes garbage to some calls (jnr-ffi issue 181).
 */
public interface LibC {
    int O_RDWR = 2;
    int O_NONBLOCK = 0x800;
    int O_CLOEXEC = 0x80000;

    int EPERM = 1;
    int ENOENT = 2;
    int EINTR = 4;
    int EIO = 5;
    int ENXIO = 6;
    int EAGAIN = 11;
    int ENOMEM = 12;
    int EACCES = 13;
    int ENODEV = 19;
    int EINVAL = 22;
    int ENOBUFS = 105;

    int open(CharSequence path, int flags);

    @Variadic(fixedCount = 2)
    int ioctl(int fd, @u_int64_t long request, @In @Out byte[] argument);

    @Variadic(fixedCount = 2)
    int ioctl(int fd, @u_int64_t long request, @u_int64_t long argument);

    /** The buffer must be direct; its bytes from its position on are used. */
    @ssize_t
    long read(int fd, @Out ByteBuffer into, @size_t long length);

    /** The buffer must be direct; its bytes from its position on are used. */
    @ssize_t
    long write(int fd, @In ByteBuffer from, @size_t long length);

    /** @param fds direct, {@code struct pollfd} in host byte order */
    int poll(@In @Out ByteBuffer fds, @intptr_t long count, int timeoutMillis);

    int eventfd(int initial, int flags);

    int close(int fd);

    /** Loads the library. */
    static LibC load() {
        return LibraryLoader.create(LibC.class).load("c");
    }

    /** {@code errno} of the last call on this thread. */
    default int errno() {
        return jnr.ffi.Runtime.getRuntime(this).getLastError();
    }
}
