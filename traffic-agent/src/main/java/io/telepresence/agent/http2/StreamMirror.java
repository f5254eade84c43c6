package io.telepresence.agent.http2;

import io.netty.buffer.ByteBuf;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Headers;
import java.util.ArrayDeque;
import java.util.Queue;

/** The copy of one request for a wiretap; what the laptop answers is thrown away. */
final class StreamMirror implements UpstreamStream {
    private final MirrorLane lane;
    private final Http2Headers head;
    private final Queue<StreamFrame> kept = new ArrayDeque<>();
    private Http2Peer server;
    private int serverId;
    private boolean complete;
    private boolean over;

    StreamMirror(MirrorLane lane, Http2Headers head, boolean end) {
        this.lane = lane;
        this.head = head;
        this.complete = end;
    }

    /** The next piece of the request; owned. */
    void add(StreamFrame piece) {
        if (over) {
            piece.release();
            return;
        }
        complete |= piece.end();
        int size = piece.size();
        if (!lane.enter(size)) {
            piece.release();
            drop();
        } else if (server == null) {
            kept.add(piece);
        } else {
            piece.send(server, serverId, () -> lane.leave(size));
        }
    }

    /** The original broke off. */
    void cancel() {
        if (!complete) {
            abandon();
        }
    }

    /** It cannot be had to its end. */
    void drop() {
        if (!over) {
            lane.dropped();
            abandon();
        }
    }

    private void abandon() {
        if (!over) {
            end();
            if (server != null) {
                server.reset(serverId, Http2Error.CANCEL.code());
            }
        }
    }

    private void end() {
        over = true;
        for (StreamFrame piece = kept.poll(); piece != null; piece = kept.poll()) {
            lane.leave(piece.size());
            piece.release();
        }
        lane.ended();
    }

    @Override
    public boolean isOver() {
        return over;
    }

    @Override
    public int begin(Http2Peer there) {
        server = there;
        boolean headIsAll = complete && kept.isEmpty();
        serverId = there.open(head, headIsAll);
        lane.delivered();
        for (StreamFrame piece = kept.poll(); piece != null; piece = kept.poll()) {
            int size = piece.size();
            piece.send(server, serverId, () -> lane.leave(size));
        }
        return serverId;
    }

    @Override
    public void notThere(Throwable why) {
        drop();
    }

    @Override
    public void turnedAway() {
        drop();
    }

    @Override
    public void headers(Http2Headers headers, boolean end) {}

    @Override
    public int data(ByteBuf data, int padding, boolean end) {
        return data.readableBytes() + padding;
    }

    @Override
    public void reset(long code) {
        // NO_ERROR: the laptop has answered without needing the rest.
        if (!over && code == Http2Error.NO_ERROR.code()) {
            end();
        }
    }

    @Override
    public void closed(boolean unheard) {
        if (complete && !unheard) {
            if (!over) {
                end();
            }
        } else {
            drop();
        }
    }
}
