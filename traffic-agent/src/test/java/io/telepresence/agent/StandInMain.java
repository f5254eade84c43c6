package io.telepresence.agent;

import java.util.concurrent.CountDownLatch;

/** A stand-in manager as a process of its own, to measure the agent's. Argument: the port. */
final class StandInMain {
    private StandInMain() {}

    public static void main(String[] arguments) throws Exception {
        try (StandInManager manager = new StandInManager(Integer.parseInt(arguments[0]), new Laptop())) {
            System.out.println("stand-in manager on " + manager.port);
            new CountDownLatch(1).await();
        }
    }
}
