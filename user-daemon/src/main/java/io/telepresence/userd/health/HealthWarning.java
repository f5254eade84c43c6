package io.telepresence.userd.health;

/** What can be wrong while connected. */
public enum HealthWarning {
    MANAGER_LINK("Not connected, error talking to in-cluster Telepresence traffic-manager"),
    NODE("The traffic-manager's node does not answer"),
    CREDENTIALS("New credentials for the cluster are needed, run \"telepresence connect\" again"),
    IDENTITY("The traffic-manager will soon not know who you are any more"),
    UNKNOWN_USER("The traffic-manager does not know who you are"),
    SESSION("The traffic-manager has ended the session"),
    ROOT_DAEMON("The root daemon is not running"),
    NETWORK("The network of this machine could not be set up"),
    DNS("DNS does not work"),
    INJECTOR("Traffic agents cannot be injected"),
    MANAGER("Warning");

    private final String text;

    HealthWarning(String text) {
        this.text = text;
    }

    /** The sentence, with what is known of the cause. */
    public String say(String cause) {
        return cause.isEmpty() ? text : text + ": " + cause;
    }
}
