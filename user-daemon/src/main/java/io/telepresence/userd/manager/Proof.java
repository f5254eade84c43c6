package io.telepresence.userd.manager;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.time.Duration;
import java.util.Optional;

/** How the manager learns who the user is: before each arrival. */
public interface Proof {
    /**
     * Proves it to a manager that does not know it. Returns also where the manager does not ask, and where the user has no
     * right to prove it: then the manager decides. Blocks.
     */
    void prove(Manager manager) throws FaultException;

    /**
     * The manager does not know the user, so that there is no session.
     *
     * @param why what has failed, or what the manager has said
     * @return what the user should hear
     */
    Fault unknown(Fault why);

    /** A session that the manager did not know any more goes on, or for now does not, since the manager refuses it. */
    void resumed(Optional<Fault> refusal);

    /** The manager's part. Calls block, for a limited time. */
    interface Manager {
        /** A nonce for one ticket; empty: it asks nobody. */
        Optional<byte[]> begin() throws FaultException;

        /** @param ticket its name at the API server */
        Proved prove(String ticket, byte[] nonce) throws FaultException;
    }

    /**
     * What the manager knows now.
     *
     * @param user as the API server knows it
     * @param validity for how long; zero: it has not said
     */
    record Proved(String user, Duration validity) {}
}
