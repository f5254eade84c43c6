package io.telepresence.userd.api;

import io.telepresence.agree.AddressText;
import io.telepresence.fault.FaultException;
import io.telepresence.filter.HttpFilter;
import io.telepresence.filter.HttpHead;
import io.telepresence.rest.Answer;
import io.telepresence.rest.Question;
import io.telepresence.rpc.manager.EngagedPort;
import io.telepresence.rpc.manager.Engagement;
import io.telepresence.rpc.manager.EngagementKind;
import java.net.InetAddress;
import java.util.List;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Judges messages by the filters of this laptop's engagements. Thread-safe. */
public record Consumption(Supplier<List<Engagement>> engagements) {
    private static final Logger LOG = LoggerFactory.getLogger(Consumption.class);

    /** Whether traffic of an engagement goes to that address, or it is this machine's own. */
    boolean isHandler(InetAddress caller) {
        String address = AddressText.of(caller);
        return caller.isLoopbackAddress()
                || engagements.get().stream()
                        .anyMatch(e -> e.getSpec().getTargetHost().equals(address));
    }

    Answer judge(Question question) {
        return engagements.get().stream()
                .filter(e -> e.getSpec().getKind() == EngagementKind.INTERCEPT
                        || e.getSpec().getKind() == EngagementKind.REPLACE)
                .filter(e -> e.getDisposition().equals("ACTIVE"))
                .filter(e -> question.engagementId().isEmpty() || e.getId().equals(question.engagementId()))
                .filter(e -> question.containerPort() == 0
                        || e.getPortsList().stream()
                                .map(EngagedPort::getContainerPort)
                                .anyMatch(p -> p == question.containerPort()))
                .filter(e -> matches(e, question.head()))
                .findFirst()
                .map(e -> new Answer(true, e.getSpec().getMetadataMap()))
                .orElse(Answer.NOT);
    }

    private static boolean matches(Engagement engagement, HttpHead head) {
        try {
            return HttpFilter.of(engagement.getSpec()).matches(head);
        } catch (FaultException e) {
            LOG.warn("the filter of \"{}\": {}", engagement.getSpec().getName(), e.fault());
            return false;
        }
    }
}
