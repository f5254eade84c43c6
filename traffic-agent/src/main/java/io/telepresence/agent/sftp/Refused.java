package io.telepresence.agent.sftp;

import java.io.IOException;

/** A request that this server does not fulfil, with the answer to it. */
final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    private final transient SftpStatus status;

    Refused(int code, String text) {
        super(text);
        this.status = new SftpStatus(code, text);
    }

    static Refused noSuchFile(String text) {
        return new Refused(SftpStatus.NO_SUCH_FILE, text);
    }

    static Refused denied(String text) {
        return new Refused(SftpStatus.PERMISSION_DENIED, text);
    }

    static Refused failure(String text) {
        return new Refused(SftpStatus.FAILURE, text);
    }

    static Refused badMessage(String text) {
        return new Refused(SftpStatus.BAD_MESSAGE, text);
    }

    SftpStatus status() {
        return status;
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
