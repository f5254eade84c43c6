package io.telepresence.e2e;

import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class InterceptIT extends InterceptCases {
    private static final Laptop LAPTOP = new Laptop("developer");

    InterceptIT() {
        super(new OnTheLaptop());
    }

    private static final class OnTheLaptop implements Mode {
        @Override
        public Result connect() {
            return LAPTOP.telepresence("connect");
        }

        @Override
        public Result telepresence(String... arguments) {
            return LAPTOP.telepresence(arguments);
        }

        @Override
        public Process greeter() {
            return LAPTOP.start(
                    "socat",
                    "TCP-LISTEN:8080,bind=127.0.0.1,fork,reuseaddr",
                    "EXEC:" + Project.root().resolve("scripts/lib/hello"));
        }

        @Override
        public Process echoer() {
            return LAPTOP.start("socat", "UDP-LISTEN:9007,bind=127.0.0.1,fork,reuseaddr", "SYSTEM:sed -u s/^/laptop-/");
        }
    }
}
