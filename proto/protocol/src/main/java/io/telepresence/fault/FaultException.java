package io.telepresence.fault;

import java.util.Objects;

/** Carries a {@link Fault} up to the edge that prints or sends it. */
public final class FaultException extends Exception {
    private static final long serialVersionUID = 1L;

    private final transient Fault fault;

    public FaultException(Fault fault) {
        this(fault, null);
    }

    public FaultException(Fault fault, Throwable cause) {
        super(fault.text(), cause);
        this.fault = Objects.requireNonNull(fault);
    }

    public Fault fault() {
        return fault;
    }
}
