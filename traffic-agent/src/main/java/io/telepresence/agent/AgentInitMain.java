package io.telepresence.agent;

import io.telepresence.agent.listener.Redirects;
import io.telepresence.agree.AgentNames;
import java.nio.file.Path;
import java.util.List;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The init container's program: redirects the app's ports to the agent where that was planned, and what the
 * kubelet asks past it, and ends. Init
 * containers that run after it may use the network as before: only packets that come from outside are redirected.
 */
public final class AgentInitMain {
    private static final String NFT = "TEL_NFT";
    private static final String USUAL_NFT = "/usr/sbin/nft";
    private static final Logger LOG = LoggerFactory.getLogger(AgentInitMain.class);

    private AgentInitMain() {}

    public static void main(String[] arguments) throws Exception {
        AgentMain.exitOnFault(() -> {
            SidecarPlan plan = SidecarPlan.read(Path.of(AgentNames.CONFIG_DIR, "config"));
            List<Redirects.Redirect> redirects = plan.ports().stream()
                    .filter(SidecarPlan.PlannedPort::redirect)
                    .map(port -> new Redirects.Redirect(port.app(), port.agentPort(), port.direct()))
                    .toList();
            String nft = System.getenv().getOrDefault(NFT, USUAL_NFT);
            new Redirects(Path.of(nft)).apply(redirects);
            LOG.info("redirected {}", redirects);
        });
    }
}
