package io.telepresence.e2e;

import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class ManageIT extends ManageCases {
    ManageIT() {
        super(new OnTheLaptop(new Laptop("developer")));
    }
}
