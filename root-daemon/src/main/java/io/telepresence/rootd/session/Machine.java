package io.telepresence.rootd.session;

import io.telepresence.rootd.host.ChangeLog;
import io.telepresence.rootd.host.HostCommands;

/**
 * What sessions are put on.
 *
 * @param host programs and files that tell of this machine, and change it
 * @param log how changes are taken back
 */
public record Machine(HostCommands host, ChangeLog log, Devices devices) {}
