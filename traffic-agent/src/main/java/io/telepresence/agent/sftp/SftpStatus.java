package io.telepresence.agent.sftp;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.NotLinkException;
import java.util.List;

/** How a request ended, as SFTP version 3 numbers it; and what an error of the file system is in these terms. */
record SftpStatus(int code, String text) {
    static final int OK = 0;
    static final int EOF = 1;
    static final int NO_SUCH_FILE = 2;
    static final int PERMISSION_DENIED = 3;
    static final int FAILURE = 4;
    static final int BAD_MESSAGE = 5;
    static final int OP_UNSUPPORTED = 8;

    static final SftpStatus DONE = new SftpStatus(OK, "");
    static final SftpStatus END = new SftpStatus(EOF, "end of file");

    private static final List<String> DENIALS =
            List.of("Read-only file system", "Operation not permitted", "Permission denied");

    /** The text never has a path of this machine in it. */
    static SftpStatus of(Exception error) {
        return switch (error) {
            case Refused refused -> refused.status();
            case NoSuchFileException _ -> new SftpStatus(NO_SUCH_FILE, "no such file");
            case NotDirectoryException _ -> new SftpStatus(NO_SUCH_FILE, "not a directory");
            case AccessDeniedException _ -> new SftpStatus(PERMISSION_DENIED, "permission denied");
            case FileAlreadyExistsException _ -> new SftpStatus(FAILURE, "file exists");
            case DirectoryNotEmptyException _ -> new SftpStatus(FAILURE, "directory not empty");
            case AtomicMoveNotSupportedException _ -> new SftpStatus(FAILURE, "not within one volume");
            case NotLinkException _ -> new SftpStatus(FAILURE, "not a symbolic link");
            case InvalidPathException _ -> new SftpStatus(NO_SUCH_FILE, "no file can have that name");
            case FileSystemException other -> of(String.valueOf(other.getReason()));
            case IOException other -> of(String.valueOf(other.getMessage()));
            default -> new SftpStatus(FAILURE, "the file server failed");
        };
    }

    private static SftpStatus of(String reason) {
        return new SftpStatus(DENIALS.stream().anyMatch(reason::contains) ? PERMISSION_DENIED : FAILURE, reason);
    }
}
