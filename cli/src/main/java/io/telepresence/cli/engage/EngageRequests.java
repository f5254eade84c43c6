package io.telepresence.cli.engage;

import io.telepresence.cli.daemon.ClientEngagement;
import io.telepresence.cli.invocation.Arguments;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.engagement.EngagementCodec;
import io.telepresence.engagement.EngagementKind;
import io.telepresence.engagement.EngagementSpec;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.connector.EngageRequest;
import io.telepresence.rpc.connector.LeaveRequest;
import io.telepresence.rpc.connector.MountRequest;

/** What command lines about engagements ask for, as messages. Pure. */
final class EngageRequests {
    private EngageRequests() {}

    /** What was typed; who handles it may still change where traffic and volumes go. */
    record Draft(EngagementSpec spec, MountRequest mount) {
        EngageRequest message() {
            return EngageRequest.newBuilder()
                    .setSpec(EngagementCodec.toWire(spec))
                    .setMount(mount)
                    .build();
        }

        /** Whether anybody gets the volumes. */
        boolean isMounted() {
            return mount.getMode() != MountRequest.Mode.NONE;
        }

        /** The directory that the user named; empty: none. */
        String mountPath() {
            return mount.getPath();
        }

        /** Where the user wants SFTP instead of a mount; zero: nowhere. */
        int sftpPort() {
            return mount.getLocalMountPort();
        }

        boolean readOnly() {
            return mount.getReadOnly();
        }

        Draft withoutMount() {
            return new Draft(
                    spec,
                    MountRequest.newBuilder().setMode(MountRequest.Mode.NONE).build());
        }

        /** Handled by a container beside the daemon's: volumes are served for it alone, at a port of the daemon's choice. */
        Draft besideDaemon(String address) {
            return new Draft(
                    spec.to(address),
                    MountRequest.newBuilder()
                            .setMode(MountRequest.Mode.NONE)
                            .setReadOnly(mount.getReadOnly())
                            .setHandlerHost(address)
                            .build());
        }

        /** Handled by a container, with the daemon on this machine: volumes are served at {@code sftp} of the loopback. */
        Draft handledAt(String address, int sftp) {
            return new Draft(
                    spec.to(address),
                    MountRequest.newBuilder()
                            .setMode(MountRequest.Mode.NONE)
                            .setReadOnly(mount.getReadOnly())
                            .setLocalMountPort(sftp)
                            .build());
        }
    }

    /** {@code --mount} and {@code --local-mount-port}. */
    static MountRequest mount(EngagementKind kind, Invocation invocation) throws FaultException {
        MountRequest mount = mount(invocation.text("--mount", "true"), !kind.writesFiles(), invocation);
        if (!invocation.options().hasMatchedOption("--local-mount-port")) {
            return mount;
        }
        int port = Arguments.portNumber("--local-mount-port", invocation.text("--local-mount-port"));
        if (mount.getMode() != MountRequest.Mode.AUTO) {
            throw Fault.user(
                            "--local-mount-port and --mount=" + invocation.text("--mount") + " cannot be used together",
                            "Give one of them")
                    .exception();
        }
        return mount.toBuilder().setLocalMountPort(port).build();
    }

    /** Nothing, a boolean as Go reads it or a path of the caller's; all but nothing with {@code :ro} at will. */
    private static MountRequest mount(String text, boolean alwaysReadOnly, Invocation invocation)
            throws FaultException {
        if (text.isEmpty()) {
            return MountRequest.newBuilder().setMode(MountRequest.Mode.NONE).build();
        }
        boolean suffix = text.endsWith(":ro");
        String where = suffix ? text.substring(0, text.length() - ":ro".length()) : text;
        MountRequest.Builder mount = MountRequest.newBuilder().setReadOnly(suffix || alwaysReadOnly);
        if (where.isEmpty()) {
            throw Fault.user("--mount needs a value", "Give true, false or a path, with :ro for read-only")
                    .exception();
        }
        return switch (where) {
            case "false", "FALSE", "False", "f", "F", "0" ->
                MountRequest.newBuilder().setMode(MountRequest.Mode.NONE).build();
            case "true", "TRUE", "True", "t", "T", "1" ->
                mount.setMode(MountRequest.Mode.AUTO).build();
            default ->
                mount.setMode(MountRequest.Mode.PATH)
                        .setPath(Arguments.absolute("--mount", where, invocation.caller())
                                .toString())
                        .build();
        };
    }

    static LeaveRequest leave(Invocation invocation) {
        return LeaveRequest.newBuilder()
                .setName(invocation.parameter(0))
                .setContainer(invocation.text("--container"))
                .setNamespace(invocation.text("--namespace"))
                .build();
    }

    /** By its exact name. */
    static LeaveRequest leave(ClientEngagement engagement) {
        return LeaveRequest.newBuilder().setName(engagement.name()).build();
    }
}
