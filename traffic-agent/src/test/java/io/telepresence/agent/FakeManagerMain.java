package io.telepresence.agent;

import java.util.concurrent.CountDownLatch;

/** A stand-in manager as a process of its own, to measure the agent's. Argument: the port. */
final class FakeManagerMain {
    private FakeManagerMain() {}

    public static void main(String[] arguments) throws Exception {
        try (FakeManager manager = new FakeManager(Integer.parseInt(arguments[0]), new FakeLaptop())) {
            System.out.println("stand-in manager on " + manager.port);
            new CountDownLatch(1).await();
        }
    }
}
