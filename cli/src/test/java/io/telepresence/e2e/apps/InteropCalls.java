package io.telepresence.e2e.apps;

import java.lang.reflect.Constructor;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Method;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;

/**
 * grpc-java's interop client for several of its cases, in one process where its own program makes one for each: {@code
 * InteropCalls CASE,CASE… FLAG…}. Prints a line {@code CASE passed}, or why not. Every case has a connection of its own.
 */
public final class InteropCalls {
    private static final String CLIENT = "io.grpc.testing.integration.TestServiceClient";

    private InteropCalls() {}

    public static void main(String[] arguments) throws Exception {
        List<String> flags = List.of(arguments).subList(1, arguments.length);
        List<Future<String>> told = new ArrayList<>();
        try (ExecutorService two = Executors.newFixedThreadPool(2)) {
            for (String name : arguments[0].split(",")) {
                told.add(two.submit(() -> name + " " + outcome(name, flags)));
            }
            for (Future<String> each : told) {
                System.out.println(each.get());
            }
        }
        // As the client's own program does: threads of its channels may live on.
        System.exit(0);
    }

    private static String outcome(String name, List<String> flags) throws ReflectiveOperationException {
        Class<?> type = Class.forName(CLIENT);
        Constructor<?> constructor = type.getDeclaredConstructor();
        Object client = constructor.newInstance();
        List<String> all = new ArrayList<>(flags);
        all.add("--test_case=" + name);
        call(client, method(type, "parseArgs", String[].class), (Object) all.toArray(String[]::new));
        call(client, method(type, "setUp"));
        try {
            call(client, method(type, "run"));
            return "passed";
        } catch (IllegalStateException e) {
            e.getCause().printStackTrace();
            return "failed: " + e.getCause();
        } finally {
            call(client, method(type, "tearDown"));
        }
    }

    private static Method method(Class<?> type, String name, Class<?>... parameters)
            throws ReflectiveOperationException {
        Method method = type.getDeclaredMethod(name, parameters);
        method.setAccessible(true);
        return method;
    }

    private static void call(Object client, Method method, Object... arguments) throws ReflectiveOperationException {
        try {
            method.invoke(client, arguments);
        } catch (InvocationTargetException e) {
            throw new IllegalStateException(e.getCause());
        }
    }
}
