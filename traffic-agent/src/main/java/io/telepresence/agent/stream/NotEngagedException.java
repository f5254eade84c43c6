package io.telepresence.agent.stream;

import java.io.Serial;
import java.net.ConnectException;

/** The manager knows no such engagement any more: it ended while the connection was on its way. */
public final class NotEngagedException extends ConnectException {
    @Serial
    private static final long serialVersionUID = 1;

    NotEngagedException(String why) {
        super(why);
    }
}
