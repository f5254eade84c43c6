package io.telepresence.userd.apiserver;

import io.netty.channel.Channel;
import io.netty.channel.EventLoop;
import io.netty.handler.codec.http.DefaultHttpHeaders;
import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.concurrent.Future;
import io.netty.util.concurrent.Promise;
import io.telepresence.fault.Fault;
import io.telepresence.fault.FaultException;
import io.telepresence.run.Threads;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * The road through the API server: each connection is one WebSocket with the subprotocol {@code v4.channel.k8s.io} on the
 * manager pod's {@code portforward} subresource (Kubernetes 1.20 and later). When a pod is gone the next dial looks for
 * its successor. Thread-safe.
 */
public final class PortForward implements ManagerDialer {
    /** How the API server begins, in every version, when it cannot connect to a kubelet. */
    private static final String NO_KUBELET = "error dialing backend";

    private final ApiServer server;
    private final ManagerPods pods;
    private final int port;
    private final Duration limit;

    /**
     * @param port on the pod's loopback
     * @param limit of each dial
     */
    public PortForward(ApiServer server, ManagerPods pods, int port, Duration limit) {
        this.server = server;
        this.pods = pods;
        this.port = port;
        this.limit = limit;
    }

    @Override
    public Future<Channel> dial(EventLoop loop) {
        Promise<Channel> done = loop.newPromise();
        loop.schedule(() -> late(done), limit.toMillis(), TimeUnit.MILLISECONDS);
        Threads.virtual("port-forward-dial", () -> start(loop, done));
        return done;
    }

    private void start(EventLoop loop, Promise<Channel> done) {
        try {
            ManagerPod pod = pods.current();
            HttpHeaders headers = new DefaultHttpHeaders();
            server.headers(headers);
            ApiDial.Way way = ApiDial.Way.of(server);
            Promise<Channel> connected = loop.newPromise();
            ApiDial.connect(server, way, loop, limit, connected);
            connected.addListener(result -> {
                if (result.isSuccess()) {
                    upgradeOrFail(connected.getNow(), pod, headers, done);
                } else {
                    fail(result.cause(), pod, done);
                }
            });
        } catch (FaultException | RuntimeException e) {
            done.tryFailure(e);
        }
    }

    private void upgradeOrFail(Channel channel, ManagerPod pod, HttpHeaders headers, Promise<Channel> done) {
        try {
            upgrade(channel, pod, headers, done);
        } catch (RuntimeException e) {
            channel.close();
            done.tryFailure(e);
        }
    }

    private void upgrade(Channel channel, ManagerPod pod, HttpHeaders headers, Promise<Channel> done) {
        String path = server.path(
                "/api/v1/namespaces/" + pod.namespace() + "/pods/" + pod.name() + "/portforward?ports=" + port);
        Promise<Channel> upgraded = channel.eventLoop().newPromise();
        ForwardHandshake.start(channel, path, headers, upgraded);
        channel.closeFuture().addListener(closed -> pods.doubt(pod));
        upgraded.addListener(result -> {
            if (!result.isSuccess()) {
                channel.close();
                fail(result.cause(), pod, done);
                return;
            }
            server.accepted();
            channel.attr(TAKES_PROOF).set(pod.takesProof());
            if (!done.trySuccess(channel)) {
                channel.close();
            }
        });
    }

    private void fail(Throwable cause, ManagerPod pod, Promise<Channel> done) {
        pods.doubt(pod);
        Fault fault = cause instanceof ForwardHandshake.Refused refused
                ? refusal(refused, pod)
                : ApiFaults.ofError(cause, server.url(), limit);
        done.tryFailure(fault.exception(cause));
    }

    private Fault refusal(ForwardHandshake.Refused refused, ManagerPod pod) {
        if (refused.status() == 401) {
            server.refused();
        }
        return refused.status() >= 500 && refused.body().contains(NO_KUBELET)
                ? Fault.unreachable(
                        "the API server " + server.url() + " does not reach the kubelet of the node \"" + pod.node()
                                + "\", on which the traffic-manager's pod " + pod.name() + " runs",
                        "See: kubectl describe node " + pod.node())
                : ApiFaults.ofStatus(
                        refused.status(),
                        refused.body(),
                        "use pods/portforward (verbs get and create) in namespace \"" + pod.namespace() + "\"",
                        server.url());
    }

    /** It may be the pod's node that says nothing, not the API server. */
    private void late(Promise<Channel> done) {
        if (done.tryFailure(
                ApiFaults.ofError(new TimeoutException(), server.url(), limit).exception())) {
            Threads.virtual("port-forward-late", pods::doubt);
        }
    }
}
