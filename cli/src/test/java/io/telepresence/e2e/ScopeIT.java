package io.telepresence.e2e;

import org.junit.jupiter.api.extension.ExtendWith;

/** With the daemons on the laptop. */
@ExtendWith(Session.class)
class ScopeIT extends ScopeCases {
    ScopeIT() {
        super(new OnTheLaptop(new Laptop("developer")));
    }
}
