package io.telepresence.cli.explain;

import io.telepresence.cli.engage.EngageArguments;
import io.telepresence.cli.invocation.Arguments;
import io.telepresence.cli.invocation.Invocation;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.manager.ExplainRequest;
import java.util.List;

/** Reads {@code [METHOD] URL} and the options of {@code why}: what it asks for, as a message. Pure. */
final class WhyArguments {
    private static final int MOST = 1000;

    private WhyArguments() {}

    static ExplainRequest of(Invocation invocation) throws FaultException {
        List<String> typed = invocation.parameters();
        if (typed.size() > 2) {
            throw Fault.user("unexpected argument \"" + typed.get(2) + "\"", "Write telepresence why [METHOD] URL")
                    .exception();
        }
        String workload = invocation.text("--workload");
        if (!workload.isEmpty()) {
            Arguments.name("workload", workload);
        }
        int last = invocation.options().hasMatchedOption("--last") ? number(invocation.text("--last")) : 0;
        String url = url(typed, workload);
        if (url.isEmpty() && workload.isEmpty()) {
            throw Fault.user("no request is given", "Write telepresence why [METHOD] URL, or give --workload")
                    .exception();
        }
        String method = method(typed, workload);
        String namespace = Arguments.label("--namespace", invocation.text("--namespace"));
        return request(invocation, method, url, workload)
                .setNamespace(namespace)
                .setLast(last)
                .build();
    }

    /** The request in one line; empty: none was named, only a workload. */
    static String asTyped(Invocation invocation) {
        List<String> typed = invocation.parameters();
        if (typed.isEmpty()) {
            return "";
        }
        return method(typed, invocation.text("--workload")) + " " + url(typed, invocation.text("--workload"));
    }

    private static ExplainRequest.Builder request(Invocation invocation, String method, String url, String workload)
            throws FaultException {
        int scheme = url.indexOf("://");
        String rest = scheme < 0 ? url : url.substring(scheme + 3);
        String port = scheme < 0 || !workload.isEmpty() ? "" : portOf(url.substring(0, scheme), url);
        int end = endOfHost(rest);
        String authority = rest.substring(0, end);
        int fragment = rest.indexOf('#');
        String target = rest.substring(end, fragment < 0 ? rest.length() : fragment);
        target = target.isEmpty() ? "/" : target.startsWith("?") ? "/" + target : target;
        String host = authority;
        int bracket = authority.indexOf(']');
        int colon = authority.indexOf(':', Math.max(bracket, 0));
        if (colon >= 0) {
            port = authority.substring(colon + 1);
            host = authority.substring(0, colon);
        }
        host = host.startsWith("[") && host.endsWith("]") ? host.substring(1, host.length() - 1) : host;
        if (host.isEmpty() && workload.isEmpty() || colon >= 0 && port.isEmpty() || authority.indexOf('@') >= 0) {
            throw Fault.user(
                            "\"" + url + "\" is not a URL that a request can be made to",
                            "Write http://<service>/<path>")
                    .exception();
        }
        ExplainRequest.Builder request = ExplainRequest.newBuilder()
                .setMethod(method)
                .setHost(workload.isEmpty() ? host : workload)
                .setPort(port)
                .setTarget(target);
        EngageArguments.headers("--header", invocation.texts("--header"))
                .forEach(h -> request.addHeaders(
                        HttpHeader.newBuilder().setName(h.name()).setValue(h.value())));
        return request;
    }

    private static int endOfHost(String text) {
        for (int i = 0; i < text.length(); i++) {
            if ("/?#".indexOf(text.charAt(i)) >= 0) {
                return i;
            }
        }
        return text.length();
    }

    private static String portOf(String scheme, String url) throws FaultException {
        return switch (scheme) {
            case "http", "ws", "grpc" -> "80";
            case "https", "wss" -> "443";
            default ->
                throw Fault.user("\"" + url + "\" is not a URL that a request can be made to", "Use http or https")
                        .exception();
        };
    }

    /** One word alone is a method only where the workload is named and it looks like one. */
    private static String method(List<String> typed, String workload) {
        return typed.size() == 2 || isMethodAlone(typed, workload) ? typed.getFirst() : "GET";
    }

    private static String url(List<String> typed, String workload) {
        if (typed.isEmpty() || isMethodAlone(typed, workload)) {
            return workload.isEmpty() ? "" : "/";
        }
        return typed.getLast();
    }

    private static boolean isMethodAlone(List<String> typed, String workload) {
        return typed.size() == 1
                && !workload.isEmpty()
                && typed.getFirst().chars().allMatch(c -> c >= 'A' && c <= 'Z');
    }

    private static int number(String text) throws FaultException {
        try {
            int number = Integer.parseInt(text);
            if (number >= 1 && number <= MOST) {
                return number;
            }
        } catch (NumberFormatException e) {
            throw wrong(text);
        }
        throw wrong(text);
    }

    private static FaultException wrong(String text) {
        return Fault.user("\"" + text + "\" is not a valid value of --last", "Give a number from 1 to " + MOST)
                .exception();
    }
}
