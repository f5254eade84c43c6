package io.telepresence.manager;

import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import io.fabric8.kubernetes.client.utils.Serialization;
import io.telepresence.agree.Transport;
import io.telepresence.agree.Versions;
import io.telepresence.identity.ProofKey;
import io.telepresence.manager.Conversation.Answers;
import io.telepresence.manager.cluster.FakeCluster;
import io.telepresence.manager.identity.ProvingProxy;
import io.telepresence.manager.identity.TestTickets;
import io.telepresence.manager.watch.FakeApiServer;
import io.telepresence.rpc.agent.AgentBeat;
import io.telepresence.rpc.common.Empty;
import io.telepresence.rpc.common.LogLevelRequest;
import io.telepresence.rpc.engagement.Engagement;
import io.telepresence.rpc.engagement.EngagementKind;
import io.telepresence.rpc.engagement.EngagementSnapshot;
import io.telepresence.rpc.engagement.EngagementSpec;
import io.telepresence.rpc.engagement.HttpHeader;
import io.telepresence.rpc.engagement.TrafficCount;
import io.telepresence.rpc.engagement.VerdictRecord;
import io.telepresence.rpc.manager.ClientArrival;
import io.telepresence.rpc.manager.ClientSession;
import io.telepresence.rpc.manager.DialRequest;
import io.telepresence.rpc.manager.EngageProgress;
import io.telepresence.rpc.manager.EngageRequest;
import io.telepresence.rpc.manager.ManagerGrpc;
import io.telepresence.rpc.manager.ProofChallenge;
import io.telepresence.rpc.manager.ProofResult;
import io.telepresence.rpc.manager.ProofTicket;
import io.telepresence.rpc.manager.SessionRef;
import io.telepresence.rpc.tunnel.Deliver;
import io.telepresence.rpc.tunnel.Open;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.rpc.tunnel.View;
import io.telepresence.run.Closers;
import io.telepresence.tunnel.FlowKey;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;

/** Ann and Bob as clients of one manager, with the workloads echo and shop. What Bob hears is kept. */
final class TwoClients implements AutoCloseable {
    static final String ANNS_SEAT = "5ea7".repeat(16);
    private static final int LOCAL_PORT = 8080;

    final MemoryManager manager;
    final FakeApiServer api;
    final FakeAgents agents;
    final Conversation ann;
    final Conversation bob;
    final String bobSession;
    String annSession;
    /** What the agent hears of the connection in {@link #annIsDialled}. */
    Answers delivered;

    private final Closers opened = new Closers();
    private int proofs;
    private final Set<String> bobsOwn = ConcurrentHashMap.newKeySet();

    /** Their manager does not ask who they are. */
    TwoClients(Path directory) throws Exception {
        this(directory, "portforward");
    }

    /** @param requiredGrant as in the Helm value; if it is not portforward, they say who they are */
    TwoClients(Path directory, String requiredGrant) throws Exception {
        FakeCluster cluster = new FakeCluster();
        cluster.addEcho();
        addShop(cluster);
        api = opened.add(FakeApiServer.open());
        // Everybody may everything.
        api.with(
                "/apis/authorization.k8s.io/v1/subjectaccessreviews",
                "{\"apiVersion\":\"authorization.k8s.io/v1\",\"kind\":\"SubjectAccessReview\",\"spec\":{},"
                        + "\"status\":{\"allowed\":true}}");
        MemoryManager[] running = new MemoryManager[1];
        agents = new FakeAgents(api, () -> running[0].agents());
        Path resolvConf = Files.writeString(directory.resolve("resolv.conf"), "nameserver 127.0.0.1\n");
        manager = opened.add(MemoryManager.open(
                new MemoryManager.Around(cluster, api.url(), resolvConf, to -> to, agents::wanted), requiredGrant));
        running[0] = manager;
        opened.add(agents);
        boolean known = !requiredGrant.equals("portforward");
        ann = known ? person("alice") : stranger();
        bob = known ? person("bob") : stranger();
        bobSession = arrive(bob, arrival("bob"));
        bobsOwn.add(bobSession);
        bob.ask(
                "SetLogLevel",
                LogLevelRequest.newBuilder()
                        .setSessionId(bobSession)
                        .setLevel("TRACE")
                        .build());
        annSession = arrive(ann, arrival("ann"));
    }

    /** Somebody whose connections prove nothing. */
    Conversation stranger() {
        return opened.add(new Conversation(manager.clients(), ManagerGrpc.getServiceDescriptor()));
    }

    /** Somebody whose connections prove a key, and nothing else yet. */
    Conversation keyHolder(ProofKey key) throws Exception {
        ProvingProxy proxy = opened.add(new ProvingProxy(manager.clients(), "ambassador", key));
        return opened.add(new Conversation(proxy.address(), ManagerGrpc.getServiceDescriptor()));
    }

    /** Somebody whom the manager knows by that name. */
    private Conversation person(String user) throws Exception {
        ProofKey key = ProofKey.generate();
        Conversation talk = keyHolder(key);
        String proved = prove(talk, user, key).getUser();
        if (!proved.equals(user)) {
            throw new AssertionError(proved);
        }
        return talk;
    }

    ProofResult prove(Conversation talk, String user, ProofKey key) throws Exception {
        ByteString nonce = talk.get("BeginProof", Empty.getDefaultInstance(), ProofChallenge.class)
                .getNonce();
        String name = "telepresence-" + user + proofs++;
        api.with(
                "/apis/certificates.k8s.io/v1/certificatesigningrequests/" + name,
                Serialization.asJson(TestTickets.ticket(user, name, key, nonce.toByteArray())));
        return talk.get(
                "Prove", ProofTicket.newBuilder().setName(name).setNonce(nonce).build(), ProofResult.class);
    }

    static ClientArrival arrival(String name) {
        return ClientArrival.newBuilder()
                .setName(name + "@laptop")
                .setInstallId("install of " + name)
                .setNamespace("default")
                .setVersion(Versions.info("Client"))
                .setSeat(name.equals("ann") ? ANNS_SEAT : "b".repeat(64))
                .build();
    }

    private static String arrive(Conversation who, ClientArrival arrival) throws Exception {
        return who.get("ArriveAsClient", arrival, ClientSession.class).getSessionId();
    }

    /** What he was given himself. */
    Set<String> bobsOwn() {
        return bobsOwn;
    }

    void bobListens() {
        questions(bobSession).forEach((method, question) -> {
            if (method.startsWith("Watch")) {
                bob.begin(method, question);
            }
        });
    }

    /** One of every kind; agents report of them, a connection comes for one, and she looks into a pod. */
    void annEngagesEverything() throws Exception {
        HttpHeader header =
                HttpHeader.newBuilder().setName("x-user").setValue("ann").build();
        Engagement echo = engage(spec(EngagementKind.INTERCEPT, "echo", "echo")
                .addHttpHeaders(header)
                .putMetadata("who", "ann"));
        Engagement tap = engage(spec(EngagementKind.WIRETAP, "tap", "echo"));
        engage(spec(EngagementKind.INGEST, "see", "echo").clearPorts());
        engage(spec(EngagementKind.REPLACE, "all", "shop").clearPorts());
        VerdictRecord verdict = VerdictRecord.newBuilder()
                .setContainerPort(8080)
                .setMethod("GET")
                .setPath("/")
                .setEngagementId(echo.getId())
                .addTapIds(tap.getId())
                .build();
        TrafficCount count = TrafficCount.newBuilder()
                .setEngagementId(echo.getId())
                .setDelivered(1)
                .build();
        if (!agents.beat("echo", AgentBeat.newBuilder().addCounts(count).addRecent(verdict))) {
            throw new AssertionError("the agent is not known");
        }
        ann.flow(open(annSession)
                .setReach(Reach.newBuilder().setEngagementId(echo.getId()).setView(View.getDefaultInstance()))
                .build());
        await("the agent is asked", () -> !agents.reaches("echo").isEmpty());
    }

    /** An agent has a connection for her intercept. */
    DialRequest annIsDialled() throws Exception {
        Answers dials = ann.begin("WatchDials", ref(annSession));
        delivered = agents.deliver(
                "echo",
                open(""),
                Deliver.newBuilder()
                        .setEngagementId(named(annEngagements(), "echo").getId())
                        .setHost("127.0.0.1")
                        .setPort(LOCAL_PORT)
                        .build());
        await("she is asked to come", () -> !dials.messages().isEmpty());
        return (DialRequest) dials.only();
    }

    private Engagement engage(EngagementSpec.Builder spec) throws Exception {
        Answers answers = ann.ask(
                "Engage",
                EngageRequest.newBuilder()
                        .setSessionId(annSession)
                        .setSpec(spec)
                        .setTimeoutMs(5000)
                        .build());
        if (!answers.end().isOk()) {
            throw new AssertionError(spec.getName() + ": " + answers.end());
        }
        return ((EngageProgress) answers.messages().getLast()).getEngagement();
    }

    List<Engagement> annEngagements() throws Exception {
        Answers answers = ann.begin("WatchEngagements", ref(annSession));
        if (!answers.answered()) {
            throw new AssertionError(answers.end());
        }
        return ((EngagementSnapshot) answers.only()).getEngagementsList();
    }

    /** Her session is gone, as after a restart of the manager; she sends what she had. */
    ClientSession annComesBackToANewManager(List<Engagement> had) throws Exception {
        ann.ask("Depart", ref(annSession));
        return ann.get(
                "ArriveAsClient",
                arrival("ann").toBuilder()
                        .setResumeSessionId(annSession)
                        .addAllEngagements(had)
                        .build(),
                ClientSession.class);
    }

    /** Everything, with its end; what ends engagements comes last. */
    void bobAsksEverything() throws Exception {
        Answers dials = ann.begin("WatchDials", ref(annSession));
        for (Map.Entry<String, Message> question : questions(bobSession).entrySet()) {
            switch (question.getKey()) {
                case "WatchDials" -> bob.begin(question.getKey(), question.getValue());
                case "WatchClusterInfo", "WatchEngagements", "WatchWorkloads" -> {
                    if (!bob.begin(question.getKey(), question.getValue()).answered()) {
                        throw new AssertionError(question.getKey() + " was refused");
                    }
                }
                case "ArriveAsClient" ->
                    bobsOwn.add(bob.get(question.getKey(), question.getValue(), ClientSession.class)
                            .getSessionId());
                // His own goes at the end.
                case "Depart" -> {}
                default -> bob.ask(question.getKey(), question.getValue());
            }
        }
        bob.flow(open(bobSession)
                        .setReach(Reach.newBuilder()
                                .setEngagementId(named(annEngagements(), "echo").getId())
                                .setView(View.getDefaultInstance()))
                        .build())
                .answered();
        if (!dials.messages().isEmpty()) {
            throw new AssertionError("nobody has delivered");
        }
    }

    /** Each call of a client, in an order in which all of them have something to say. */
    Map<String, Message> questions(String session) {
        return ClientQuestions.of(session);
    }

    static EngagementSpec.Builder spec(EngagementKind kind, String name, String workload) {
        EngagementSpec.Builder spec = EngagementSpec.newBuilder()
                .setKind(kind)
                .setName(name)
                .setNamespace("default")
                .setWorkload(workload)
                .setTargetHost("127.0.0.1");
        spec.addPortsBuilder().setLocalPort(LOCAL_PORT);
        return spec;
    }

    static Open.Builder open(String session) {
        InetSocketAddress pod = new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 1);
        return Open.newBuilder().setSessionId(session).setId(new FlowKey(Transport.TCP, pod, pod).toWire());
    }

    static Engagement named(List<Engagement> all, String name) {
        return all.stream()
                .filter(e -> e.getSpec().getName().equals(name))
                .findFirst()
                .orElseThrow();
    }

    static List<String> names(List<Engagement> all) {
        return all.stream().map(e -> e.getSpec().getName()).toList();
    }

    static SessionRef ref(String session) {
        return SessionRef.newBuilder().setSessionId(session).build();
    }

    private static void await(String what, BooleanSupplier holds) throws InterruptedException {
        long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
        while (!holds.getAsBoolean()) {
            if (System.nanoTime() > end) {
                throw new AssertionError(what + ": not within 10 s");
            }
            Thread.onSpinWait();
        }
    }

    private static void addShop(FakeCluster cluster) {
        cluster.add(
                """
                {apiVersion: apps/v1, kind: Deployment, metadata: {name: shop, uid: d-shop},
                 spec: {replicas: 1, template: {metadata: {labels: {app: shop}}, spec: {containers:
                   [{name: app, ports: [{name: http, containerPort: 8080}]}]}}},
                 status: {readyReplicas: 1}}
                ---
                {apiVersion: apps/v1, kind: ReplicaSet, metadata: {name: shop-abc, uid: r-shop, ownerReferences:
                   [{apiVersion: apps/v1, kind: Deployment, name: shop, uid: d-shop, controller: true}]}, spec: {}}
                ---
                {apiVersion: v1, kind: Service, metadata: {name: shop}, spec: {selector: {app: shop},
                   clusterIP: 10.96.1.2, ports: [{name: web, port: 80, targetPort: http}]}}
                ---
                {apiVersion: v1, kind: Pod, metadata: {name: shop-abc-1, labels: {app: shop}, ownerReferences:
                   [{apiVersion: apps/v1, kind: ReplicaSet, name: shop-abc, uid: r-shop, controller: true}]},
                 spec: {containers: [{name: app, ports: [{name: http, containerPort: 8080}]}]},
                 status: {phase: Running, podIP: 10.244.0.6, podIPs: [{ip: 10.244.0.6}],
                   conditions: [{type: Ready, status: "True"}]}}
                """);
    }

    @Override
    public void close() throws Exception {
        opened.close();
    }
}
