package io.telepresence.agent.report;

import io.telepresence.agent.route.ClientEndpoint;
import io.telepresence.agent.route.RequestRoute;
import java.util.List;
import java.util.Objects;

/**
 * Where one HTTP request went.
 *
 * @param containerPort the app's port that it came to
 * @param path without the query
 * @param engagementId of the engagement that took it; empty: the app
 * @param tapIds engagements of the wiretaps that got a copy
 * @param failedOpen it matched, but the laptop did not answer
 */
public record RequestVerdict(
        int containerPort, String method, String path, String engagementId, List<String> tapIds, boolean failedOpen) {
    public RequestVerdict {
        Objects.requireNonNull(method);
        Objects.requireNonNull(path);
        Objects.requireNonNull(engagementId);
        tapIds = List.copyOf(tapIds);
    }

    /** Of a request that is where it goes by now. */
    public static RequestVerdict of(int containerPort, String method, String path, RequestRoute request) {
        List<String> mirrors = request.mirrors().isEmpty()
                ? List.of()
                : request.mirrors().stream().map(ClientEndpoint::engagementId).toList();
        return new RequestVerdict(containerPort, method, path, request.engagementId(), mirrors, request.failedOpen());
    }
}
