package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.FileIdentity;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Has the calling thread, and no other, read and write files as somebody else: setfsuid(2), setfsgid(2) and setgroups(2).
 * Unless that is root, the thread has none of root's rights on files from then on. A thread that
 * it starts would be that user too. For platform threads that start none, and end with their work.
 */
public final class ThreadIdentity {
    private static final long SETGROUPS = "aarch64".equals(System.getProperty("os.arch")) ? 159 : 116;
    private static final int SETGID = 6;
    private static final int SETUID = 7;

    private ThreadIdentity() {}

    /** Whether this process may do so: it has CAP_SETUID and CAP_SETGID. */
    public static boolean permitted() {
        long needed = 1L << SETGID | 1L << SETUID;
        try {
            return Files.readAllLines(Path.of("/proc/self/status")).stream()
                    .filter(line -> line.startsWith("CapEff:"))
                    .mapToLong(line -> Long.parseUnsignedLong(line.split("\\s+")[1], 16))
                    .anyMatch(capabilities -> (capabilities & needed) == needed);
        } catch (IOException e) {
            return false;
        }
    }

    /** @throws Refused if it is not permitted; the thread must not serve files then */
    static void assume(FileIdentity identity) throws Refused {
        try (Arena arena = Arena.ofConfined()) {
            int[] groups = identity.groups().stream().mapToInt(Long::intValue).toArray();
            MemorySegment list = arena.allocateFrom(ValueLayout.JAVA_INT, groups);
            // Not glibc's setgroups, which changes all threads.
            long kept = (long) Calls.SYSCALL.invokeExact(SETGROUPS, (long) groups.length, list);
            if (kept != 0
                    || !is(Calls.SETFSGID, (int) identity.group())
                    || !is(Calls.SETFSUID, (int) identity.user())) {
                throw Refused.denied("the agent may not read files as user " + identity.user());
            }
        } catch (Refused e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException(e);
        }
    }

    /** The calls tell who it was before; a number that is none changes nothing. */
    private static boolean is(MethodHandle call, int id) throws Throwable {
        int before = (int) call.invokeExact(id);
        int now = (int) call.invokeExact(-1);
        return now == id || before == id;
    }

    /** Looked up once, when the first one needs them. */
    @SuppressWarnings("restricted")
    private static final class Calls {
        private static final Linker LINKER = Linker.nativeLinker();
        private static final FunctionDescriptor ID = FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT);
        static final MethodHandle SETFSUID = find("setfsuid", ID);
        static final MethodHandle SETFSGID = find("setfsgid", ID);
        static final MethodHandle SYSCALL = find(
                "syscall",
                FunctionDescriptor.of(
                        ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG, ValueLayout.ADDRESS),
                Linker.Option.firstVariadicArg(1));

        private static MethodHandle find(String name, FunctionDescriptor form, Linker.Option... options) {
            return LINKER.downcallHandle(LINKER.defaultLookup().findOrThrow(name), form, options);
        }
    }
}
