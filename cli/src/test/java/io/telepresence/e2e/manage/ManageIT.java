package io.telepresence.e2e.manage;

import io.telepresence.e2e.engage.OnTheLaptop;
import io.telepresence.e2e.harness.Laptop;
import io.telepresence.e2e.harness.Session;
import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class ManageIT extends ManageCases {
    ManageIT() {
        super(new OnTheLaptop(new Laptop("developer")));
    }
}
