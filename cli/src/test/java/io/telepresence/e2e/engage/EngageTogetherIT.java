package io.telepresence.e2e.engage;

import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class EngageTogetherIT extends EngageTogetherCases {
    EngageTogetherIT() {
        super(new OnTheLaptop(new Laptop("developer")));
    }
}
