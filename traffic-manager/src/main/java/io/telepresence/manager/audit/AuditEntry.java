package io.telepresence.manager.audit;

import io.telepresence.manager.engagement.RegisteredEngagement;
import io.telepresence.manager.identity.Person;
import io.telepresence.manager.session.ClientSession;
import java.util.Locale;

/**
 * One deed. All texts may be from outside.
 *
 * @param result one word: {@link #OK}, {@link #REFUSED}, {@link #FAILED}, or how something ended
 * @param reason a sentence; may be empty
 */
public record AuditEntry(Verb verb, Who who, Subject subject, String result, String reason) {
    public static final String OK = "ok";
    /** Whoever asked may not, or it stands in somebody's way. */
    public static final String REFUSED = "refused";

    public static final String FAILED = "failed";

    /** What is done. */
    public enum Verb {
        CONNECT,
        DISCONNECT,
        ATTACH,
        DETACH,
        LOGS,
        UNINSTALL,
        REVOKE;

        /** As it is written. */
        String word() {
            return name().toLowerCase(Locale.ROOT);
        }
    }

    /**
     * Who does it.
     *
     * @param user as the API server knows it; empty: nobody has proved anything
     * @param uid may be empty
     * @param client user@host, as the client itself says; may be empty
     */
    public record Who(String user, String uid, String client) {
        public static final Who UNKNOWN = new Who("", "", "");

        public static Who of(ClientSession session) {
            return of(session.person(), session.client().name());
        }

        public static Who of(Person person, String client) {
            return new Who(person.user(), person.uid(), client);
        }
    }

    /**
     * To what it is done; what does not apply is empty.
     *
     * @param workloadKind empty also where nobody has said it
     * @param kind of engagement
     * @param engagement its public id, or the name that was asked for
     */
    public record Subject(String namespace, String workloadKind, String workload, String kind, String engagement) {
        public static final Subject NONE = new Subject("", "", "", "", "");

        public static Subject of(RegisteredEngagement engagement) {
            return new Subject(
                    engagement.workload().namespace(),
                    engagement.workload().kind(),
                    engagement.workload().name(),
                    engagement.spec().kind().word(),
                    engagement.id());
        }
    }
}
