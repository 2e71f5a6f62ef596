package tidemark.benchmarks.fullrules;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.header.internals.RecordHeader;
import org.apache.kafka.common.header.internals.RecordHeaders;

/** What came of a document, as records for the topics with the headers of CloudEvents; kept until all is done with it. */
final class Events extends JsonBytes {
    static final String GIFTS = "gifts";
    static final String LEVELS = "levels";
    static final String THRESHOLDS = "thresholds";
    static final String DEAD_LETTERS = "dead-letters";

    private static final Header VERSION = header("ce_specversion", "1.0");
    private static final Header JSON = header("content-type", "application/json");
    private static final Header GIFT_TYPE = header("ce_type", "tidemark.gift.granted");
    private static final Header LEVEL_TYPE = header("ce_type", "tidemark.level.changed");
    private static final Header THRESHOLD_TYPE = header("ce_type", "tidemark.threshold.crossed");
    private static final Header DEAD_TYPE = header("ce_type", "tidemark.document.refused");

    int count;
    String[] sink = new String[16];
    // Null: the member's.
    byte[][] key = new byte[16][];
    byte[][] value = new byte[16][];
    RecordHeaders[] headers = new RecordHeaders[16];

    private final Header source;
    // Where the document in hand stands.
    private String topic;
    private final int partition;
    private long offset;
    private long sequenceMs = Long.MIN_VALUE;
    private long sequence;

    Events(int partition) {
        this.partition = partition;
        source = header("ce_source", "/tidemark/aggregate/" + partition);
    }

    void begin(String topic, long offset) {
        this.topic = topic;
        this.offset = offset;
        count = 0;
    }

    void gift(Activity activity, String memberId, long ordinal, String orderId, String occurredAt, byte[] gifts, long clockMs) {
        at = 0;
        ascii("{\"grant_id\":\"");
        int from = at;
        grantId(activity.code, memberId);
        digits(ordinal);
        byte[] id = Arrays.copyOfRange(data, from, at);
        ascii("\",\"activity\":");
        text(activity.code);
        ascii(",\"member_id\":");
        text(memberId);
        ascii(",\"ordinal\":");
        digits(ordinal);
        giftRest(orderId, occurredAt, gifts, null, activity.notify);
        add(GIFTS, null, GIFT_TYPE, id, clockMs);
    }

    void upgradeGift(Program.Upgrade upgrade, String memberId, String level, int gains, String orderId, String occurredAt, long clockMs) {
        at = 0;
        ascii("{\"grant_id\":\"");
        int from = at;
        grantId(upgrade.code(), memberId);
        escaped(level);
        if (upgrade.regain()) {
            ascii("/");
            digits(gains);
        }
        byte[] id = Arrays.copyOfRange(data, from, at);
        ascii("\",\"activity\":");
        text(upgrade.code());
        ascii(",\"member_id\":");
        text(memberId);
        ascii(",\"ordinal\":null");
        giftRest(orderId, occurredAt, upgrade.gifts(), level, upgrade.message());
        add(GIFTS, null, GIFT_TYPE, id, clockMs);
    }

    private void giftRest(String orderId, String occurredAt, byte[] gifts, String level, byte[] notify) {
        ascii(",\"order_id\":");
        text(orderId);
        ascii(",\"occurred_at\":");
        time(occurredAt);
        ascii(",\"gifts\":");
        raw(gifts);
        // The definitions are read once: all are first versions.
        ascii(",\"version\":1,\"level\":");
        text(level);
        ascii(",\"notify\":");
        raw(notify);
        ascii("}");
    }

    void level(Program program, String memberId, String before, String level, String why, String documentId, String since, long clockMs) {
        // A compacted topic: of every program and member, the latest.
        byte[] key = (program.code + "/" + memberId).getBytes(StandardCharsets.UTF_8);
        at = 0;
        ascii("{\"program\":");
        text(program.code);
        ascii(",\"member_id\":");
        text(memberId);
        ascii(",\"before\":");
        text(before);
        ascii(",\"level\":");
        text(level);
        ascii(",\"why\":");
        text(why);
        ascii(",\"document_id\":");
        text(documentId);
        ascii(",\"since\":");
        time(since);
        ascii("}");
        add(LEVELS, key, LEVEL_TYPE, null, clockMs);
    }

    void threshold(Activity activity, String memberId, long first, long last, long progress, String orderId, String at, long clockMs) {
        this.at = 0;
        ascii("{\"activity\":");
        text(activity.code);
        ascii(",\"member_id\":");
        text(memberId);
        ascii(",\"first\":");
        digits(first);
        ascii(",\"last\":");
        digits(last);
        ascii(",\"progress\":");
        digits(progress);
        ascii(",\"order_id\":");
        text(orderId);
        ascii(",\"occurred_at\":");
        time(at);
        ascii("}");
        add(THRESHOLDS, null, THRESHOLD_TYPE, null, clockMs);
    }

    void deadLetter(String reason, String detail, byte[] raw, long clockMs) {
        at = 0;
        ascii("{\"reason\":");
        text(reason);
        ascii(",\"detail\":");
        text(detail);
        ascii(",\"source\":");
        text(topic + "/" + partition + "/" + offset);
        byte[] value = raw == null ? new byte[0] : raw;
        String plain = new String(value, StandardCharsets.UTF_8);
        if (Arrays.equals(plain.getBytes(StandardCharsets.UTF_8), value)) {
            ascii(",\"raw\":");
            text(plain);
        } else {
            ascii(",\"raw_base64\":");
            text(Base64.getEncoder().encodeToString(value));
        }
        ascii("}");
        add(DEAD_LETTERS, null, DEAD_TYPE, null, clockMs);
    }

    private void add(String to, byte[] keyed, Header type, byte[] id, long clockMs) {
        if (count == value.length) {
            sink = Arrays.copyOf(sink, count * 2);
            key = Arrays.copyOf(key, count * 2);
            value = Arrays.copyOf(value, count * 2);
            headers = Arrays.copyOf(headers, count * 2);
        }
        byte[] json = Arrays.copyOf(data, at);
        RecordHeaders all = new RecordHeaders();
        all.add(VERSION);
        all.add(type);
        all.add(source);
        all.add(JSON);
        all.add(new RecordHeader("ce_id", id != null ? id : place()));
        all.add(new RecordHeader("ce_sequence", sequence(clockMs)));
        sink[count] = to;
        key[count] = keyed;
        value[count] = json;
        headers[count++] = all;
    }

    /** An event without an id of its own is known by the document's place and its number. */
    private byte[] place() {
        at = 0;
        ascii(topic);
        ascii("/");
        digits(partition);
        ascii("/");
        digits(offset);
        ascii("/");
        digits(count);
        return Arrays.copyOf(data, at);
    }

    private byte[] sequence(long clockMs) {
        sequence = clockMs == sequenceMs ? sequence + 1 : 0;
        sequenceMs = clockMs;
        byte[] found = new byte[23];
        padded(found, 0, 16, clockMs);
        found[16] = '-';
        padded(found, 17, 6, sequence);
        return found;
    }

    private static void padded(byte[] into, int from, int width, long value) {
        for (int place = from + width - 1; place >= from; place--) {
            into[place] = (byte) ('0' + value % 10);
            value /= 10;
        }
    }

    private static Header header(String name, String value) {
        return new RecordHeader(name, value.getBytes(StandardCharsets.UTF_8));
    }

    private void grantId(String code, String memberId) {
        escaped(code);
        ascii("/");
        boolean plain = memberId.indexOf('/') < 0 && memberId.indexOf('%') < 0;
        escaped(plain ? memberId : memberId.replace("%", "%25").replace("/", "%2F"));
        ascii("/");
    }
}
