package io.telepresence.rootd.session;

import io.telepresence.local.NamedSocket;
import io.telepresence.rootd.host.HostCommands;
import io.telepresence.rootd.host.UndoJournal;

/**
 * What sessions are put on.
 *
 * @param host programs and files that tell of this machine, and change it
 * @param log how changes are taken back
 * @param userDaemons whose sockets are taken for the way to the manager
 * @param gateway whether other machines send us their packets and names: DNS is then served at every address
 */
public record Host(
        HostCommands host, UndoJournal log, TunFactory devices, NamedSocket.Listeners userDaemons, boolean gateway) {}
