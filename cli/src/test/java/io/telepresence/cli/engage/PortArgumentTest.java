package io.telepresence.cli.engage;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.fault.FaultException;
import org.junit.jupiter.api.Test;

class PortArgumentTest {
    @Test
    void theCaseOfAProtocolDoesNotCount() throws FaultException {
        assertEquals("53/UDP", PortArgument.parse("5353:53/udp").request().identifier());
        assertEquals("dns/TCP", PortArgument.parse("5353:dns/Tcp").request().identifier());
        assertEquals("dns", PortArgument.parse("5353:dns").request().identifier());
        assertEquals(new Port(Transport.UDP, 53), EngageArguments.podPort("53/udp"));
        assertThrows(FaultException.class, () -> PortArgument.parse("5353:53/sctp"));
        assertThrows(FaultException.class, () -> PortArgument.parse("5353:DNS"));
    }
}
