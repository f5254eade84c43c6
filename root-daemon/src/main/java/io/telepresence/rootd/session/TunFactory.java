package io.telepresence.rootd.session;

import io.telepresence.fault.FaultException;
import io.telepresence.rootd.tun.Tun;

/** Where sessions get their device from. */
@FunctionalInterface
public interface TunFactory {
    /**
     * A device that is down and has no address; the caller owns it.
     *
     * @param mtu in bytes, what the caller is going to set
     * @throws FaultException tells the user why this machine does not give us one
     */
    Tun open(int mtu) throws FaultException;

    /** The prefixes of the device's own and spare addresses: such as nobody else uses. */
    default TunPrefixes prefixes(ProxyRules rules, HostView host) {
        return TunPrefixes.choose(rules, host);
    }

    /** Where our nameserver listens on the device's own addresses; zero: anywhere. */
    default int dnsPort() {
        return 53;
    }
}
