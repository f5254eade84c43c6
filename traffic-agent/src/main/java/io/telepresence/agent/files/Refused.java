package io.telepresence.agent.files;

import java.io.IOException;

/** A request that this server does not fulfil, with the answer to it. */
final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    private final transient Status status;

    Refused(int code, String text) {
        super(text);
        this.status = new Status(code, text);
    }

    static Refused noSuchFile(String text) {
        return new Refused(Status.NO_SUCH_FILE, text);
    }

    static Refused denied(String text) {
        return new Refused(Status.PERMISSION_DENIED, text);
    }

    static Refused failure(String text) {
        return new Refused(Status.FAILURE, text);
    }

    static Refused badMessage(String text) {
        return new Refused(Status.BAD_MESSAGE, text);
    }

    Status status() {
        return status;
    }

    @Override
    public Throwable fillInStackTrace() {
        return this;
    }
}
