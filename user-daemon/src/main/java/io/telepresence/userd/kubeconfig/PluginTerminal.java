package io.telepresence.userd.kubeconfig;

import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.io.IOException;
import java.util.List;
import java.util.Map;

/** Where a command was typed, as long as it waits there: a credential plugin that runs there can talk. Thread-safe. */
public interface PluginTerminal {
    /** There is no terminal, or the command has ended. */
    PluginTerminal NONE = new PluginTerminal() {
        @Override
        public boolean present() {
            return false;
        }

        @Override
        public boolean readable() {
            return false;
        }

        @Override
        public Ended run(Start start) throws FaultException {
            throw Fault.unreachable("the command has ended", "").exception();
        }
    };

    /** Whether plugins can run there now. */
    boolean present();

    /** Whether they may read what the user types. */
    boolean readable();

    /**
     * Runs a plugin with the command's environment and standard error; blocks for minutes.
     *
     * @throws IOException it cannot be started
     * @throws FaultException the command has ended meanwhile, or this took too long
     */
    Ended run(Start start) throws FaultException, IOException;

    /**
     * A plugin.
     *
     * @param environment besides the command's own
     * @param reads what the user types; else nothing
     */
    record Start(String command, List<String> arguments, Map<String, String> environment, boolean reads) {}

    /**
     * How it ended.
     *
     * @param output its standard output, which holds secrets
     * @param said its standard error where the user has not seen it
     */
    record Ended(int code, byte[] output, String said) {}
}
