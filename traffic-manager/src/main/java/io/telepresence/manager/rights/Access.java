package io.telepresence.manager.rights;

import io.telepresence.text.Printable;

/**
 * What is asked of the API server: {@code ResourceAttributes} of Kubernetes.
 *
 * @param group empty: the core group
 * @param subresource may be empty
 * @param name empty: all objects of the namespace
 */
record Access(String verb, String group, String resource, String subresource, String namespace, String name) {

    /** As in {@code kubectl auth can-i}: {@code create attachments.telepresence.io "echo" in namespace "default"}. */
    @Override
    public String toString() {
        return verb + " " + object() + " in namespace " + quoted(namespace);
    }

    /** The same after another one has been named. */
    String after(Access before) {
        return (verb.equals(before.verb) ? "" : verb + " ")
                + object()
                + (namespace.equals(before.namespace) ? " there" : " in namespace " + quoted(namespace));
    }

    private String object() {
        return resource
                + (group.isEmpty() ? "" : "." + group)
                + (subresource.isEmpty() ? "" : "/" + subresource)
                + (name.isEmpty() ? "" : " " + quoted(name));
    }

    private static String quoted(String text) {
        return "\"" + Printable.line(text) + "\"";
    }
}
