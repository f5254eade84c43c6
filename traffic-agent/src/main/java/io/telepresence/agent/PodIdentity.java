package io.telepresence.agent;

import io.netty.util.NetUtil;
import io.telepresence.agree.AgentNames;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import java.net.InetAddress;
import java.util.Map;

/**
 * Who this pod is, as the injector tells it through the downward API.
 *
 * @param name of the pod
 * @param uid of the pod
 * @param ip where the app is dialled
 * @param namespace of the pod
 */
record PodIdentity(String name, String uid, InetAddress ip, String namespace) {
    static PodIdentity of(Map<String, String> environment) throws FaultException {
        String ip = required(environment, AgentNames.ENV_POD_IP);
        InetAddress address = NetUtil.createInetAddressFromIpAddressString(ip);
        if (address == null) {
            throw Fault.config("environment variable " + AgentNames.ENV_POD_IP + " is not an IP address: " + ip, "")
                    .exception();
        }
        return new PodIdentity(
                required(environment, AgentNames.ENV_POD_NAME),
                required(environment, AgentNames.ENV_POD_UID),
                address,
                required(environment, AgentNames.ENV_POD_NAMESPACE));
    }

    private static String required(Map<String, String> environment, String name) throws FaultException {
        String value = environment.getOrDefault(name, "");
        if (value.isEmpty()) {
            throw Fault.config(
                            "environment variable " + name + " is not set",
                            "The injector sets it from the pod's fields.")
                    .exception();
        }
        return value;
    }
}
