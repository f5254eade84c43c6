package io.telepresence.manager.cluster;

import io.fabric8.kubernetes.api.model.Container;
import io.fabric8.kubernetes.api.model.ContainerPort;
import io.fabric8.kubernetes.api.model.EnvVar;
import io.fabric8.kubernetes.api.model.ObjectMeta;
import io.fabric8.kubernetes.api.model.PodSpec;
import io.telepresence.agree.AgentNames;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Port numbers that are likely to be in use in a pod. Where a program listens nobody can see before it runs, and many
 * listen where no container port says so; but most are told the number by a variable, an argument, a probe or an
 * annotation. Pure.
 */
public final class PodPortNumbers {
    private static final Pattern NUMBER = Pattern.compile("(?<!\\d)\\d{1,5}(?!\\d)");
    private static final int LAST = 65535;

    private PodPortNumbers() {}

    /** Every number from 1 to 65535 that the author of the pod wrote anywhere where a port may stand. */
    public static Set<Integer> written(ObjectMeta pod, PodSpec spec) {
        Set<Integer> numbers = new HashSet<>();
        Stream.concat(spec.getContainers().stream(), spec.getInitContainers().stream())
                .filter(c ->
                        !AgentNames.CONTAINER.equals(c.getName()) && !AgentNames.INIT_CONTAINER.equals(c.getName()))
                .forEach(container -> add(numbers, container));
        if (pod != null && pod.getAnnotations() != null) {
            for (Map.Entry<String, String> annotation : pod.getAnnotations().entrySet()) {
                if (!annotation.getKey().startsWith(AgentNames.PREFIX)) {
                    add(numbers, annotation.getValue());
                }
            }
        }
        return numbers;
    }

    private static void add(Set<Integer> numbers, Container container) {
        container.getPorts().stream().map(ContainerPort::getContainerPort).forEach(numbers::add);
        KubeletCall.of(container).forEach(call -> call.number(container).ifPresent(numbers::add));
        container.getEnv().stream().map(EnvVar::getValue).forEach(value -> add(numbers, value));
        container.getArgs().forEach(argument -> add(numbers, argument));
        container.getCommand().forEach(argument -> add(numbers, argument));
    }

    private static void add(Set<Integer> numbers, String text) {
        Matcher found = NUMBER.matcher(text == null ? "" : text);
        while (found.find()) {
            int number = Integer.parseInt(found.group());
            if (number > 0 && number <= LAST) {
                numbers.add(number);
            }
        }
    }
}
