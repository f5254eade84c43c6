package io.telepresence.agent;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.buffer.Unpooled;
import io.telepresence.agree.Transport;
import io.telepresence.engagement.Port;
import io.telepresence.rpc.agent.ReachRequest;
import io.telepresence.rpc.tunnel.Files;
import io.telepresence.rpc.tunnel.Reach;
import io.telepresence.tunnel.Flow;
import io.telepresence.tunnel.FlowKey;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The agent serves files where a client reaches for them. */
@Timeout(60)
class FilesTest {
    private static final int STATUS = 101;
    private static final int PERMISSION_DENIED = 3;

    @TempDir
    Path mounts;

    @Test
    void aClientGetsTheFilesOfItsContainerToReadOnlyWhenTheManagerSaysSo() throws Exception {
        java.nio.file.Files.createDirectories(mounts.resolve("app/data"));
        try (Place app = Place.echo("app");
                AgentFixture rig =
                        new AgentFixture(new Port(Transport.TCP, app.port()), "127.0.0.1", FakeManager.TOKEN, mounts)) {
            rig.awaitArrival();
            assertEquals(0, makeDirectory(rig, false));
            assertEquals(PERMISSION_DENIED, makeDirectory(rig, true));
        }
        assertEquals(true, java.nio.file.Files.isDirectory(mounts.resolve("app/data/new")));
    }

    /** Greets, asks for a directory, ends; gives the status. */
    private static int makeDirectory(AgentFixture rig, boolean readOnly) {
        Fetched files = new Fetched();
        rig.laptop.fetched = files;
        Until.holds("the agent listens", rig.manager::reachable);
        InetSocketAddress nowhere = new InetSocketAddress("127.0.0.1", 1);
        rig.manager.reach(ReachRequest.newBuilder()
                .setDialId("dial-1")
                .setId(new FlowKey(Transport.TCP, nowhere, nowhere).toWire())
                .setReach(Reach.newBuilder().setFiles(Files.newBuilder().setReadOnly(readOnly)))
                .setContainer("app")
                .build());
        files.awaitState("opened");
        byte[] path = "/data/new".getBytes(StandardCharsets.UTF_8);
        ByteBuffer said = ByteBuffer.allocate(100);
        said.putInt(5).put((byte) 1).putInt(3);
        said.putInt(13 + path.length)
                .put((byte) 14)
                .putInt(7)
                .putInt(path.length)
                .put(path)
                .putInt(0);
        Flow flow = files.flow();
        flow.loop().execute(() -> {
            flow.write(Unpooled.wrappedBuffer(said.flip()));
            flow.finish();
        });
        files.awaitState("finished");
        ByteBuffer answer = ByteBuffer.wrap(files.content());
        answer.position(4 + answer.getInt(0));
        answer.getInt();
        assertEquals(STATUS, answer.get());
        assertEquals(7, answer.getInt());
        return answer.getInt();
    }
}
