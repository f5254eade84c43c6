package io.telepresence.e2e;

import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class InterceptIT extends InterceptCases {
    InterceptIT() {
        super(new OnTheLaptop(new Laptop("developer")));
    }
}
