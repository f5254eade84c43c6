package io.telepresence.agent.podaccess;

import io.telepresence.agent.manager.PodAccessCall;
import io.telepresence.agent.podinfo.AppContainer;
import io.telepresence.agent.podinfo.AppPod;
import io.telepresence.agent.sftp.FileTree;
import io.telepresence.agent.sftp.SftpServer;
import io.telepresence.tunnel.ResetReason;
import java.util.concurrent.Semaphore;

/** Serves the volumes of containers, to as many clients at once as there may be threads for it. Thread-safe. */
final class FileSessions {
    private static final int MOST = 32;

    private final AppPod pod;
    private final Semaphore free = new Semaphore(MOST);

    FileSessions(AppPod pod) {
        this.pod = pod;
    }

    void serve(PodAccessCall call, AppContainer container, boolean readOnly) {
        if (!free.tryAcquire()) {
            call.refuse(ResetReason.DENIED, "pod " + pod.name() + " serves files to " + MOST + " clients already");
            return;
        }
        FileTree tree = new FileTree(pod.mounts().resolve(container.name()), container.volumes(), readOnly);
        call.loop().execute(() -> {
            boolean served = false;
            try {
                SftpServer.serve(tree, container.filesAs(), call::open, free::release);
                served = true;
            } finally {
                if (!served) {
                    free.release();
                }
            }
        });
    }
}
