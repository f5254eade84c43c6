package io.telepresence.agent.sftp;

import io.telepresence.agent.podinfo.AppVolume;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.Path;
import java.nio.file.SecureDirectoryStream;
import java.util.Iterator;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** A directory that is being listed. */
final class OpenDirectory implements Closeable {
    private static final int ENOUGH_BYTES = 32 << 10;
    private static final int ENOUGH_NAMES = 200;
    private static final Logger LOG = LoggerFactory.getLogger(OpenDirectory.class);

    private final FileTree tree;
    private final VolumePath directory;
    private final SecureDirectoryStream<Path> entries;
    private final Iterator<Path> names;
    private Attributes own;

    private OpenDirectory(
            VolumePath directory, SecureDirectoryStream<Path> entries, Iterator<Path> names, Attributes own) {
        this.tree = directory.tree();
        this.directory = directory;
        this.entries = entries;
        this.names = names;
        this.own = own;
    }

    static OpenDirectory open(FileTree tree, String path) throws IOException {
        try (VolumePath place = Walk.find(tree, path, true)) {
            Attributes own = Attributes.of(place);
            if (place.isVirtual()) {
                return new OpenDirectory(place, null, virtual(tree, place.path()), own);
            }
            SecureDirectoryStream<Path> entries = place.open();
            return new OpenDirectory(place, entries, entries.iterator(), own);
        }
    }

    private static Iterator<Path> virtual(FileTree tree, String path) {
        return tree.below(path).stream().map(Path::of).iterator();
    }

    /** Answers with the next names, or that there are none left. */
    void list(int id, SftpReplies replies) throws IOException {
        try {
            replies.beginNames(id);
            int count = own == null ? 0 : own(replies);
            while (count < ENOUGH_NAMES && replies.size() < ENOUGH_BYTES && names.hasNext()) {
                count += entry(names.next(), replies);
            }
            if (count == 0) {
                replies.undo();
                replies.status(id, SftpStatus.END);
            } else {
                replies.endNames(count);
            }
        } catch (DirectoryIteratorException e) {
            throw e.getCause();
        }
    }

    Attributes attributes() throws IOException {
        try (VolumePath place = Walk.find(tree, directory.path(), false)) {
            return Attributes.of(place);
        }
    }

    private int own(SftpReplies replies) {
        Stream.of(".", "..").forEach(name -> replies.entry(name, own.line(name), own));
        own = null;
        return 2;
    }

    /** How many entries it became: none for what has gone meanwhile or is not shown. */
    private int entry(Path found, SftpReplies replies) {
        Path file = found.getFileName();
        String name = file.toString();
        String at = directory.path() + "/" + name;
        if (tree.volumeAt(at).filter(AppVolume::local).isPresent() && !tree.leadsOn(at)) {
            return 0;
        }
        try (VolumePath place = entries == null ? Walk.find(tree, at, false) : directory.child(file, entries)) {
            Attributes of = Attributes.of(place);
            replies.entry(name, of.line(name), of);
            return 1;
        } catch (IOException e) {
            LOG.debug("{} is not listed: {}", at, e.toString());
            return 0;
        }
    }

    @Override
    public void close() throws IOException {
        if (entries != null) {
            entries.close();
        }
    }
}
