package io.telepresence.rootd.tun;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.telepresence.fault.Fault;
import org.junit.jupiter.api.Test;

class TunDiagnosisTest {
    @Test
    void aMissingDeviceIsExplainedForMachineAndContainer() {
        Fault machine = TunDiagnosis.explain(TunDiagnosis.Step.OPEN, LibC.ENOENT, false);
        Fault container = TunDiagnosis.explain(TunDiagnosis.Step.OPEN, LibC.ENOENT, true);
        assertEquals("this machine has no /dev/net/tun", machine.text());
        assertTrue(machine.remedy().contains("modprobe tun"), machine.remedy());
        assertTrue(container.remedy().contains("--device /dev/net/tun"), container.remedy());
    }

    @Test
    void aMissingRightIsADenial() {
        for (var step : new TunDiagnosis.Step[] {TunDiagnosis.Step.OPEN, TunDiagnosis.Step.ATTACH}) {
            Fault fault = TunDiagnosis.explain(step, LibC.EPERM, false);
            assertEquals(Fault.Kind.DENIED, fault.kind());
            assertTrue(fault.remedy().contains("CAP_NET_ADMIN"), fault.remedy());
        }
    }

    @Test
    void aMissingModuleIsNamed() {
        Fault fault = TunDiagnosis.explain(TunDiagnosis.Step.OPEN, LibC.ENODEV, false);
        assertTrue(fault.text().contains("kernel module"), fault.text());
        assertTrue(fault.remedy().contains("modprobe tun"), fault.remedy());
    }

    @Test
    void anUnknownErrorKeepsItsNumber() {
        Fault fault = TunDiagnosis.explain(TunDiagnosis.Step.ATTACH, 24, false);
        assertEquals(Fault.Kind.INTERNAL, fault.kind());
        assertTrue(fault.text().contains("24"), fault.text());
    }
}
