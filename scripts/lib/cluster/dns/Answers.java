import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.function.Supplier;

/** Answers a question from the records of the moment. Nothing is forwarded to anybody. */
final class Answers {
    static final int NO_ERROR = 0;
    static final int SERVER_FAILURE = 2;
    static final int NAME_ERROR = 3;

    record Answer(int code, List<Records.Record> answers, List<Records.Record> additional) {}

    private static final int LONGEST_ALIAS_CHAIN = 8;

    private final Supplier<List<Records>> sources;

    /** The sources are asked in order; an empty list means that they are not known yet. */
    Answers(Supplier<List<Records>> sources) {
        this.sources = sources;
    }

    Answer answer(String name, int type) {
        List<Records> now = sources.get();
        if (now.isEmpty()) {
            return new Answer(SERVER_FAILURE, List.of(), List.of());
        }
        List<Records.Record> found = new ArrayList<>();
        String here = name;
        for (int hop = 0; hop < LONGEST_ALIAS_CHAIN; hop++) {
            List<Records.Record> step = find(now, here, type);
            found.addAll(step);
            String alias = type == Records.CNAME ? null : aliasOf(step);
            if (alias == null) {
                break;
            }
            here = alias;
        }
        // An alias to the outside is an answer, even if its target is unknown here.
        int code = found.isEmpty() && !isKnown(now, name) ? NAME_ERROR : NO_ERROR;
        return new Answer(code, found, additional(now, found));
    }

    private static String aliasOf(List<Records.Record> records) {
        return records.stream().filter(record -> record.type() == Records.CNAME)
                .map(Records.Record::target).findFirst().orElse(null);
    }

    private static List<Records.Record> find(List<Records> sources, String name, int type) {
        for (Records source : sources) {
            if (source.isKnown(name)) {
                return source.find(name, type);
            }
        }
        Records pod = pod(sources, name);
        return pod == null ? List.of() : pod.find(name, type);
    }

    private static boolean isKnown(List<Records> sources, String name) {
        return sources.stream().anyMatch(source -> source.isKnown(name)) || pod(sources, name) != null;
    }

    /** A pod's name tells its address: 10-244-0-7.NAMESPACE.pod.cluster.local. */
    private static Records pod(List<Records> sources, String name) {
        int dot = name.indexOf('.');
        boolean inNamespace = dot > 0 && name.endsWith(".pod." + Names.ZONE)
                && sources.stream().anyMatch(source -> source.isKnown(name.substring(dot + 1)))
                && name.substring(dot + 1).split("\\.").length == 4;
        if (!inNamespace || Names.undashed(name.substring(0, dot)) == null) {
            return null;
        }
        Records records = new Records();
        records.address(name, Names.undashed(name.substring(0, dot)));
        return records;
    }

    /** The addresses of the hosts that service records point to. */
    private static List<Records.Record> additional(List<Records> sources, List<Records.Record> found) {
        Set<String> targets = new LinkedHashSet<>();
        found.stream().filter(record -> record.type() == Records.SRV).forEach(record -> targets.add(record.target()));
        List<Records.Record> more = new ArrayList<>();
        for (String target : targets) {
            more.addAll(find(sources, target, Records.A));
            more.addAll(find(sources, target, Records.AAAA));
        }
        more.removeAll(new HashSet<>(found));
        return more;
    }
}
