package io.telepresence.userd.config;

import io.telepresence.base.Cidr;
import io.telepresence.base.GoDuration;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Reads single values; every method throws an IllegalArgumentException that says what was expected. */
final class Values {
    private Values() {}

    static Object string(Object value) {
        if (value instanceof Map || value instanceof List) {
            throw new IllegalArgumentException("a string is expected");
        }
        return String.valueOf(value);
    }

    static Object strings(Object value) {
        List<?> list = value instanceof List<?> l ? l : List.of(value);
        return list.stream().map(v -> (String) string(v)).toList();
    }

    static Object level(Object value) {
        String level = string(value).toString().toUpperCase(Locale.ROOT);
        return switch (level) {
            case "TRACE", "DEBUG", "INFO", "WARN", "ERROR" -> level;
            case "WARNING" -> "WARN";
            default ->
                throw new IllegalArgumentException("trace, debug, info, warn or error is expected, not " + value);
        };
    }

    static Object duration(Object value) {
        if (value instanceof Number n) {
            return Duration.ofNanos(Math.round(n.doubleValue() * 1e9));
        }
        try {
            return GoDuration.parse(string(value).toString());
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException(
                    "a number of seconds or a duration like 1.5h or 2m30s is expected, not " + value, e);
        }
    }

    static Object flag(Object value) {
        return switch (string(value).toString().toLowerCase(Locale.ROOT)) {
            case "true" -> true;
            case "false" -> false;
            default -> throw new IllegalArgumentException("true or false is expected, not " + value);
        };
    }

    static Object port(Object value) {
        try {
            int port = Integer.parseInt(string(value).toString());
            if (port >= 0 && port <= 65_535) {
                return port;
            }
        } catch (NumberFormatException e) {
            throw new IllegalArgumentException("a port number is expected, not " + value, e);
        }
        throw new IllegalArgumentException("a port number is expected, not " + value);
    }

    static Object subnets(Object value) {
        @SuppressWarnings("unchecked")
        List<String> all = (List<String>) strings(value);
        all.forEach(Values::subnet);
        return all;
    }

    static Object mappings(Object value) {
        if (!(value instanceof List<?> list)) {
            throw new IllegalArgumentException("a list of {name, aliasFor} is expected");
        }
        List<ClientConfig.Mapping> all = new ArrayList<>();
        for (Object each : list) {
            if (!(each instanceof Map<?, ?> map) || map.get("name") == null || alias(map) == null) {
                throw new IllegalArgumentException("each mapping needs name and aliasFor");
            }
            all.add(new ClientConfig.Mapping(
                    map.get("name").toString(), alias(map).toString()));
        }
        return List.copyOf(all);
    }

    private static Object alias(Map<?, ?> map) {
        return map.get("aliasFor") != null ? map.get("aliasFor") : map.get("alias-for");
    }

    private static void subnet(String text) {
        try {
            Cidr.parseSubnet(text);
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("a subnet like 10.1.0.0/16 is expected, not " + text, e);
        }
    }
}
