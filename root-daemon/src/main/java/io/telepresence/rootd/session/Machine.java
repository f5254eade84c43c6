package io.telepresence.rootd.session;

import io.telepresence.local.NamedSocket;
import io.telepresence.rootd.host.ChangeLog;
import io.telepresence.rootd.host.HostCommands;

/**
 * What sessions are put on.
 *
 * @param host programs and files that tell of this machine, and change it
 * @param log how changes are taken back
 * @param userDaemons whose sockets are taken for the way to the manager
 * @param gateway whether other machines send us their packets and names: DNS is then served at every address
 */
public record Machine(
        HostCommands host, ChangeLog log, Devices devices, NamedSocket.Listeners userDaemons, boolean gateway) {}
