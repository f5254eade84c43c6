package io.telepresence.rootd.dns;

import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.util.List;
import org.xbill.DNS.AAAARecord;
import org.xbill.DNS.ARecord;
import org.xbill.DNS.CNAMERecord;
import org.xbill.DNS.DClass;
import org.xbill.DNS.Flags;
import org.xbill.DNS.Header;
import org.xbill.DNS.Message;
import org.xbill.DNS.Name;
import org.xbill.DNS.OPTRecord;
import org.xbill.DNS.PTRRecord;
import org.xbill.DNS.Record;
import org.xbill.DNS.Section;
import org.xbill.DNS.TextParseException;
import org.xbill.DNS.Type;

/** Composes our own answers. The question is repeated as it came, and answers bear the name that was asked for. */
final class DnsReplies {
    /** Seconds for which programs may keep our answers: services come and go, and asking us again is cheap. */
    static final long TTL = 4;
    /** What fits in UDP when the asker does not say (RFC 1035 section 4.2.1). */
    private static final int PLAIN_UDP = 512;
    /** What we say that we take (RFC 6891 section 6.2.3), and the most that we send over UDP. */
    private static final int EDNS_UDP = 1232;

    private DnsReplies() {}

    static Message empty(Message query, int rcode) {
        Header header = new Header(query.getHeader().getID());
        header.setFlag(Flags.QR);
        header.setFlag(Flags.RA);
        header.setOpcode(query.getHeader().getOpcode());
        if (query.getHeader().getFlag(Flags.RD)) {
            header.setFlag(Flags.RD);
        }
        header.setRcode(rcode & 0xf);
        Message reply = new Message();
        reply.setHeader(header);
        if (query.getQuestion() != null) {
            reply.addRecord(query.getQuestion(), Section.QUESTION);
        }
        if (query.getOPT() != null) {
            reply.addRecord(new OPTRecord(EDNS_UDP, rcode >> 4, 0), Section.ADDITIONAL);
        }
        return reply;
    }

    /** @param found the name under which the cluster knows it; its records get the name of the question */
    static Message cluster(Message query, LookupAnswer answer, String found) throws IOException {
        Message reply = empty(query, answer.rcode());
        for (LookupAnswer.Record record : answer.records()) {
            boolean same = DnsSettings.plain(record.name()).equals(found);
            Name owner = same ? query.getQuestion().getName() : name(record.name());
            reply.addRecord(Record.newRecord(owner, record.type(), DClass.IN, TTL, record.data()), Section.ANSWER);
        }
        return reply;
    }

    static Message addresses(Message query, List<InetAddress> addresses) {
        Message reply = empty(query, 0);
        Name owner = query.getQuestion().getName();
        int type = query.getQuestion().getType();
        for (InetAddress address : addresses) {
            if (address instanceof Inet4Address && (type == Type.A || type == Type.ANY)) {
                reply.addRecord(new ARecord(owner, DClass.IN, TTL, address), Section.ANSWER);
            } else if (!(address instanceof Inet4Address) && (type == Type.AAAA || type == Type.ANY)) {
                reply.addRecord(new AAAARecord(owner, DClass.IN, TTL, address), Section.ANSWER);
            }
        }
        return reply;
    }

    static Message pointer(Message query, String target) throws IOException {
        Message reply = empty(query, 0);
        if (query.getQuestion().getType() == Type.PTR) {
            Name owner = query.getQuestion().getName();
            reply.addRecord(new PTRRecord(owner, DClass.IN, TTL, name(target)), Section.ANSWER);
        }
        return reply;
    }

    /** The answer for {@code target}, told as an alias of the name that was asked for. */
    static Message alias(Message query, String target, Message answer) throws IOException {
        Message reply = empty(query, answer.getRcode());
        Name owner = query.getQuestion().getName();
        reply.addRecord(new CNAMERecord(owner, DClass.IN, TTL, name(target)), Section.ANSWER);
        for (Record record : answer.getSection(Section.ANSWER)) {
            reply.addRecord(record, Section.ANSWER);
        }
        return reply;
    }

    /** The same question about another name. */
    static Message ask(Message query, String target) throws IOException {
        Message other = query.clone();
        other.removeAllRecords(Section.QUESTION);
        other.addRecord(Record.newRecord(name(target), query.getQuestion().getType(), DClass.IN), Section.QUESTION);
        return other;
    }

    /** Bytes for the asker: over UDP never more than it takes, with TC set if something had to be left out. */
    static byte[] wire(Message reply, Message query, boolean overTcp) {
        if (overTcp) {
            return reply.toWire(65_535);
        }
        OPTRecord opt = query.getOPT();
        int limit = opt == null ? PLAIN_UDP : Math.clamp(opt.getPayloadSize(), PLAIN_UDP, EDNS_UDP);
        return reply.toWire(limit);
    }

    static String text(Name name) {
        return name.toString(true);
    }

    private static Name name(String text) throws TextParseException {
        return Name.fromString(text.endsWith(".") ? text : text + ".");
    }
}
