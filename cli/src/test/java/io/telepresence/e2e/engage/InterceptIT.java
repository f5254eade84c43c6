package io.telepresence.e2e.engage;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class InterceptIT extends InterceptCases {
    InterceptIT() {
        super(new OnTheLaptop(new Laptop("developer")));
    }
}
