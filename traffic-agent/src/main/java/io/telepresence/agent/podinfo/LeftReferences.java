package io.telepresence.agent.podinfo;

import com.google.protobuf.ByteString;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * References {@code $(NAME)} that the kubelet has left as they are. The injector has put the prefix before every name in
 * them, so that they lead to the container's own variables; where there is none of that name, the application sees a
 * variable of a Service, or the reference itself. Pure.
 *
 * @param own environment of the agent, which has the variables of Services as every container
 */
record LeftReferences(Map<String, ByteString> own, String prefix) {
    /** What Kubernetes itself puts into the environment of every container. */
    private static final Pattern OF_SERVICES =
            Pattern.compile(".*_SERVICE_HOST|.*_SERVICE_PORT(_.*)?|.*_PORT(_\\d+_(TCP|UDP|SCTP)(_.*)?)?");

    /** The value as the container has it. */
    ByteString restored(ByteString value) {
        ByteString begin = ByteString.copyFromUtf8("$(" + prefix);
        ByteString result = ByteString.EMPTY;
        int from = 0;
        for (int at = find(value, begin, 0); at >= 0; at = find(value, begin, from)) {
            int name = at + begin.size();
            int end = name;
            while (end < value.size() && value.byteAt(end) != ')') {
                end++;
            }
            if (end == value.size()) {
                break;
            }
            result = result.concat(value.substring(from, at)).concat(meant(value.substring(name, end)));
            from = end + 1;
        }
        return result.concat(value.substring(from));
    }

    private ByteString meant(ByteString name) {
        String text = name.toString(StandardCharsets.ISO_8859_1);
        ByteString service = OF_SERVICES.matcher(text).matches() ? own.get(text) : null;
        return service != null
                ? service
                : ByteString.copyFromUtf8("$(").concat(name).concat(ByteString.copyFromUtf8(")"));
    }

    private static int find(ByteString value, ByteString part, int from) {
        for (int at = from; at + part.size() <= value.size(); at++) {
            if (value.byteAt(at) == '$' && value.substring(at, at + part.size()).equals(part)) {
                return at;
            }
        }
        return -1;
    }
}
