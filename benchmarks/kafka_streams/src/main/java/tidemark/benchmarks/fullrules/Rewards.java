package tidemark.benchmarks.fullrules;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.apache.kafka.common.header.Header;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.processor.PunctuationType;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.processor.api.RecordMetadata;
import org.apache.kafka.streams.state.KeyValueIterator;
import org.apache.kafka.streams.state.KeyValueStore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One partition's documents, one after the other: read, late, twice, applied.
 *
 * What a document does is worked out first, on copies; stores and topics are touched once it has all gone well, so that a rule that
 * throws costs its own document only. The transaction makes the stores, the outputs and the offsets one.
 */
final class Rewards implements Processor<byte[], byte[], byte[], byte[]> {
    static final String MEMBERS = "members";
    static final String ORDERS = "orders";
    static final String DUE = "due";
    static final String REKEYED = "orders.rekeyed";

    private static final Logger LOG = LoggerFactory.getLogger(Rewards.class);
    private static final String RECEIVED_HEADER = "tidemark-received-ms";
    private static final long LATE_MS = 35 * Times.DAY_MS;
    private static final long REFUND_MS = 180 * Times.DAY_MS;
    private static final long HELD_BYTES = 2 << 20;
    private static final byte[] EMPTY = {};

    private final Rulebook book;
    private final int partitions;
    private final DocReader reader = new DocReader();
    private final Doc doc = new Doc();
    private final Doc heldDoc = new Doc();
    private final Member member = new Member();
    private final OrderRecord order = new OrderRecord();
    private final Wire in = new Wire();
    private final Wire out = new Wire();
    private final Digests digests = new Digests();
    private final Pending pending = new Pending();
    private boolean rekey;

    private ProcessorContext<byte[], byte[]> context;
    private KeyValueStore<byte[], byte[]> members;
    private KeyValueStore<byte[], byte[]> orders;
    private KeyValueStore<byte[], byte[]> due;
    private Events events;
    private Rules rules;
    private int partition;
    private long clockMs = Long.MIN_VALUE;
    private final int sinkPrefix;

    Rewards(Rulebook book, int partitions, int sinkPrefix) {
        this.book = book;
        this.partitions = partitions;
        this.sinkPrefix = sinkPrefix;
    }

    @Override
    public void init(ProcessorContext<byte[], byte[]> context) {
        this.context = context;
        members = context.getStateStore(MEMBERS);
        orders = context.getStateStore(ORDERS);
        due = context.getStateStore(DUE);
        partition = context.taskId().partition();
        events = new Events(partition);
        rules = new Rules(book, events);
        context.schedule(Duration.ofMinutes(1), PunctuationType.WALL_CLOCK_TIME, this::expireHeld);
        context.schedule(Duration.ofDays(1), PunctuationType.WALL_CLOCK_TIME, this::expireOrders);
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        RecordMetadata place = context.recordMetadata().get();
        events.begin(place.topic().substring(sinkPrefix), place.offset());
        pending.clear();
        rekey = false;
        byte[] memberKey = null;
        try {
            long receivedMs = receivedMs(record);
            reader.read(record.value(), doc);
            if (doc.receivedAtMs != Doc.NONE) {
                receivedMs = doc.receivedAtMs;
            }
            if (doc.atMs > receivedMs + Times.DAY_MS) {
                throw new Invalid("invalid", "more than a day after it was received");
            }
            memberKey = doc.memberId == null ? null : Digests.keyOf(doc.memberId, record.key());
            take(record, memberKey, receivedMs);
        } catch (Invalid invalid) {
            events.deadLetter(invalid.reason, invalid.getMessage(), record.value(), clockMs);
        } catch (RuntimeException error) {
            LOG.error("a rule threw at {}/{}/{}", place.topic(), place.partition(), place.offset(), error);
            pending.clear();
            rekey = false;
            events.begin(place.topic().substring(sinkPrefix), place.offset());
            events.deadLetter("internal_error", error.toString(), record.value(), clockMs);
        }
        if (rekey) {
            Record<byte[], byte[]> again = new Record<>(memberKey, record.value(), record.timestamp(), record.headers());
            if (record.headers().lastHeader(RECEIVED_HEADER) == null) {
                again.headers().add(RECEIVED_HEADER, Long.toString(record.timestamp()).getBytes(StandardCharsets.US_ASCII));
            }
            context.forward(again, REKEYED);
            return;
        }
        keep(memberKey, record.timestamp());
    }

    /** What the document changed, into the stores; and what came of it, to the topics. */
    private void keep(byte[] memberKey, long timestamp) {
        if (pending.member) {
            members.put(memberKey, member.write(out));
        }
        pending.keep(orders, due);
        for (int at = 0; at < events.count; at++) {
            byte[] key = events.key[at] == null ? memberKey : events.key[at];
            context.forward(new Record<>(key, events.value[at], timestamp, events.headers[at]), events.sink[at]);
        }
    }

    private void take(Record<byte[], byte[]> record, byte[] memberKey, long receivedMs) throws Invalid {
        byte[] kept = null;
        if (memberKey != null) {
            kept = members.get(memberKey);
            // A member who is known here is in his place.
            if (kept == null && Utils.toPositive(Utils.murmur2(memberKey)) % partitions != partition) {
                rekey = true;
                return;
            }
        }
        clockMs = Math.max(clockMs, record.timestamp());
        if (doc.atMs < receivedMs - LATE_MS && (doc.refund || !doc.imported)) {
            throw new Invalid("late", "placed too long before it was received");
        }
        if (memberKey == null) {
            return;
        }
        if (kept == null) {
            member.clear();
        } else {
            member.read(in, kept);
            if (!member.held.isEmpty()) {
                expire(clockMs);
            }
        }
        byte[] ownKey = digests.key(doc.refund ? 2 : 1, doc.memberId, doc.id());
        byte[] businessKey = digests.businessKey(doc);
        long content = digests.contentOf(doc);
        byte[] first = orders.get(ownKey);
        if (first == null && businessKey != null) {
            first = orders.get(businessKey);
        }
        if (first != null) {
            if (OrderRecord.contentOf(first) != content) {
                throw new Invalid("conflict", "a document with the same id or business key, but other content, came before");
            }
            return;
        }
        if (doc.refund) {
            refund(record.value(), receivedMs);
            byte[] seen = OrderRecord.ofRefund(out, content, clockMs);
            pending.order(ownKey, businessKey, seen);
        } else {
            purchase(ownKey, businessKey, content);
        }
    }

    private void purchase(byte[] ownKey, byte[] businessKey, long content) throws Invalid {
        if (!member.registered) {
            rules.register(member, doc.atMs);
        }
        rules.purchase(member, doc, order, clockMs);
        pending.member = true;
        order.content = content;
        order.cameMs = clockMs;
        byte[] data = order.write(out);
        pending.order(ownKey, null, data);
        if (businessKey != null) {
            // What it was at first is enough there: that it came, and with which content.
            pending.order(businessKey, null, OrderRecord.ofRefund(out, content, clockMs));
        }
        if (!member.held.isEmpty()) {
            applyHeld(ownKey, data);
        }
    }

    private void refund(byte[] raw, long receivedMs) throws Invalid {
        if (doc.orderId == null) {
            if (!member.registered) {
                rules.register(member, doc.atMs);
            }
            rules.refundAlone(member, doc, clockMs);
            pending.member = true;
            return;
        }
        byte[] orderKey = digests.key(1, doc.memberId, doc.orderId);
        byte[] kept = orders.get(orderKey);
        if (kept == null) {
            hold(raw, receivedMs);
            return;
        }
        pending.order(orderKey, null, refundOf(doc, kept, receivedMs));
    }

    /** Applies a refund to its order; the order's new record. */
    private byte[] refundOf(Doc refund, byte[] kept, long receivedMs) throws Invalid {
        order.read(in, kept);
        if (receivedMs - order.cameMs > REFUND_MS) {
            throw new Invalid("unknown_order", "the order came too long ago for a refund");
        }
        if (!refund.currency.equals(order.currency)) {
            throw Invalid.field("currency", "the refund's is not its order's");
        }
        if (!member.registered) {
            rules.register(member, refund.atMs);
        }
        rules.refundOrder(member, refund, order, clockMs);
        pending.member = true;
        return order.write(out);
    }

    private void hold(byte[] raw, long receivedMs) throws Invalid {
        long dueMs = receivedMs + LATE_MS + 1;
        if (dueMs <= clockMs) {
            throw new Invalid("unknown_order", "the order did not come");
        }
        long bytes = raw.length;
        for (Member.Held each : member.held) {
            bytes += each.raw().length;
        }
        if (bytes > HELD_BYTES) {
            throw new Invalid("too_large", "too many refunds of the member wait for their orders");
        }
        member.held.add(new Member.Held(doc.refundId, doc.orderId, dueMs, receivedMs, raw));
        pending.member = true;
        pending.due(Digests.dueKey(dueMs, doc.memberId), EMPTY);
    }

    /** Applies the refunds that waited for this order, right after it. */
    private void applyHeld(byte[] orderKey, byte[] data) throws Invalid {
        for (Member.Held held : List.copyOf(member.held)) {
            if (!held.orderId().equals(doc.orderId)) {
                continue;
            }
            member.held.remove(held);
            reader.read(held.raw(), heldDoc);
            try {
                data = refundOf(heldDoc, data, held.receivedMs());
                pending.order(orderKey, null, data);
            } catch (Invalid invalid) {
                forget(held);
                events.deadLetter(invalid.reason, invalid.getMessage(), held.raw(), clockMs);
            }
        }
    }

    /** Gives up on the refunds in hand whose order did not come in time. */
    private void expire(long nowMs) throws Invalid {
        for (Member.Held held : List.copyOf(member.held)) {
            if (held.dueMs() <= nowMs) {
                member.held.remove(held);
                reader.read(held.raw(), heldDoc);
                forget(held);
                events.deadLetter("unknown_order", "order " + held.orderId() + " did not come", held.raw(), clockMs);
                pending.member = true;
            }
        }
    }

    private void forget(Member.Held held) {
        pending.order(digests.key(2, heldDoc.memberId, held.refundId()), digests.businessKey(heldDoc), null);
    }

    /** Refunds whose order did not come, of members to whom nothing comes. */
    private void expireHeld(long nowMs) {
        List<byte[]> done = new ArrayList<>();
        try (KeyValueIterator<byte[], byte[]> all = due.range(EMPTY, ByteBuffer.allocate(8).putLong(nowMs).array())) {
            all.forEachRemaining(each -> done.add(each.key));
        }
        for (byte[] key : done) {
            byte[] memberKey = Arrays.copyOfRange(key, 8, key.length);
            byte[] kept = members.get(memberKey);
            events.begin("due", nowMs);
            pending.clear();
            if (kept != null) {
                member.read(in, kept);
                try {
                    expire(nowMs);
                } catch (Invalid invalid) {
                    throw new IllegalStateException(invalid);
                }
            }
            pending.due(key, null);
            keep(memberKey, nowMs);
        }
    }

    /** Documents older than any refund may name. */
    private void expireOrders(long nowMs) {
        List<byte[]> old = new ArrayList<>();
        try (KeyValueIterator<byte[], byte[]> all = orders.all()) {
            all.forEachRemaining(each -> {
                if (OrderRecord.cameOf(in, each.value) < clockMs - REFUND_MS - LATE_MS) {
                    old.add(each.key);
                }
            });
        }
        old.forEach(orders::delete);
    }

    private static long receivedMs(Record<byte[], byte[]> record) {
        Header header = record.headers().lastHeader(RECEIVED_HEADER);
        if (header == null || header.value() == null) {
            return record.timestamp();
        }
        try {
            return Long.parseLong(new String(header.value(), StandardCharsets.US_ASCII));
        } catch (NumberFormatException error) {
            return record.timestamp();
        }
    }
}
