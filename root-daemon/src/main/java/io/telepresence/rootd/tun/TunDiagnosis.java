package io.telepresence.rootd.tun;

import io.telepresence.fault.Fault;
import java.nio.file.Files;
import java.nio.file.Path;

/** Says why a TUN device could not be opened, and what to do about it. */
final class TunDiagnosis {
    static final String DEVICE = "/dev/net/tun";

    private static final String IN_CONTAINER =
            "In a container, start it with --device " + DEVICE + " --cap-add NET_ADMIN";

    private TunDiagnosis() {}

    /** What was being done when the kernel said no. */
    enum Step {
        OPEN,
        ATTACH,
        OFFLOAD,
        EVENTFD
    }

    static Fault explain(Step step, int errno) {
        boolean contained = Files.exists(Path.of("/.dockerenv")) || Files.exists(Path.of("/run/.containerenv"));
        return explain(step, errno, contained);
    }

    /** Pure: {@code contained} says whether this machine looks like a container. */
    static Fault explain(Step step, int errno, boolean contained) {
        return switch (step) {
            case OPEN -> opening(errno, contained);
            case ATTACH -> attaching(errno, contained);
            case OFFLOAD ->
                Fault.unreachable(
                        "the kernel's TUN driver does not do TCP segmentation offload (errno " + errno + ")",
                        "Use a Linux kernel of version 4.18 or later");
            case EVENTFD -> Fault.internal("no eventfd for the TUN device (errno " + errno + ")");
        };
    }

    private static Fault opening(int errno, boolean contained) {
        return switch (errno) {
            case LibC.ENOENT ->
                Fault.unreachable(
                        "this machine has no " + DEVICE,
                        contained ? IN_CONTAINER : "Load the kernel module with: modprobe tun");
            case LibC.ENODEV, LibC.ENXIO ->
                Fault.unreachable(
                        "the kernel module behind " + DEVICE + " is missing",
                        "Load it with: modprobe tun (in a container: on the host)");
            case LibC.EPERM, LibC.EACCES -> denied("opening " + DEVICE + " is not permitted", contained);
            default -> Fault.internal("opening " + DEVICE + " failed with errno " + errno);
        };
    }

    private static Fault attaching(int errno, boolean contained) {
        return switch (errno) {
            case LibC.EPERM, LibC.EACCES -> denied("making a TUN device is not permitted", contained);
            case LibC.EINVAL ->
                Fault.unreachable(
                        "the kernel's TUN driver does not know the virtio-net header",
                        "Use a Linux kernel of version 4.18 or later");
            default -> Fault.internal("making a TUN device failed with errno " + errno);
        };
    }

    private static Fault denied(String text, boolean contained) {
        return Fault.denied(
                text, contained ? IN_CONTAINER : "The root daemon needs to run as root, with the right CAP_NET_ADMIN");
    }

    static Fault noLibrary(Throwable cause) {
        return Fault.unreachable(
                "the native part of jnr-ffi could not be loaded (" + cause.getMessage() + ")",
                "Check that the temporary directory is writable and not mounted noexec, or set"
                        + " -Djffi.extract.dir to one that is");
    }
}
