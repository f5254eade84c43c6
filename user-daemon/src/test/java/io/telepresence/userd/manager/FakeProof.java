package io.telepresence.userd.manager;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;

/** A user who is known, unless a test says otherwise. */
public final class FakeProof implements Proof {
    /** What was told to be wrong. */
    final BlockingQueue<Fault> unknown = new LinkedBlockingQueue<>();

    /** Not null: why nobody can prove anything. */
    volatile Fault failure;

    /** Not null: what users hear who are not known. */
    volatile Fault told;

    /** Runs at each proof. */
    volatile Runnable proving = () -> {};

    /** What was said of resuming, last. */
    volatile Optional<Fault> refusal = Optional.empty();

    @Override
    public void resumed(Optional<Fault> now) {
        refusal = now;
    }

    @Override
    public void prove(Manager manager) throws FaultException {
        proving.run();
        if (failure != null) {
            throw failure.exception();
        }
    }

    @Override
    public Fault unknown(Fault why) {
        unknown.add(why);
        return told == null ? why : told;
    }
}
