package tidemark.benchmarks.fullrules;

import com.dynatrace.hash4j.hashing.Hasher128;
import com.dynatrace.hash4j.hashing.Hasher64;
import com.dynatrace.hash4j.hashing.Hashing;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** The keys that state is kept under, and the digest that tells two documents apart. */
final class Digests {
    private static final Hasher128 KEYS = Hashing.xxh3_128();
    private static final Hasher64 CONTENTS = Hashing.xxh3_64();

    private final Wire out = new Wire();

    /** A member's key: the record's own where it is the member's id, so that nothing is made anew. */
    static byte[] keyOf(String memberId, byte[] key) {
        if (key != null && key.length == memberId.length()) {
            int at = 0;
            while (at < key.length && key[at] == memberId.charAt(at) && key[at] >= 0) {
                at++;
            }
            if (at == key.length) {
                return key;
            }
        }
        return memberId.getBytes(StandardCharsets.UTF_8);
    }

    /** Sorted by when it is due. */
    static byte[] dueKey(long dueMs, String memberId) {
        byte[] id = memberId.getBytes(StandardCharsets.UTF_8);
        return ByteBuffer.allocate(8 + id.length).putLong(dueMs).put(id).array();
    }

    /** Of an order (1) or a refund (2), by its id. */
    byte[] key(int kind, String memberId, String id) {
        out.reset();
        out.put(kind);
        out.putText(memberId);
        out.putText(id);
        return KEYS.hashBytesTo128Bits(out.data, 0, out.at).toByteArray();
    }

    /** Of a till's receipt; null where the document has not all four parts. */
    byte[] businessKey(Doc of) {
        if (of.channel != Doc.POS || of.terminalId == null || of.receiptNo == null || of.businessDate == null) {
            return null;
        }
        out.reset();
        out.put(of.refund ? 4 : 3);
        out.putText(of.memberId);
        out.putText(of.storeId);
        out.putText(of.terminalId);
        out.putText(of.receiptNo);
        out.putText(of.businessDate);
        return KEYS.hashBytesTo128Bits(out.data, 0, out.at).toByteArray();
    }

    /** A digest of the document's values: all but its own id and received_at. */
    long contentOf(Doc of) {
        Wire to = out.reset();
        to.put(of.refund ? 2 : 1);
        to.put(of.channel);
        to.put(of.service);
        to.put((of.memberPrice ? 1 : 0) | (of.memberDiscount ? 2 : 0) | (of.imported ? 4 : 0));
        to.putText(of.storeId);
        to.putSigned(of.atMs);
        to.putText(of.currency);
        to.putLong(of.fees);
        to.putLong(of.total);
        to.putLong(of.lines);
        for (int at = 0; at < of.lines; at++) {
            to.putText(of.sku[at]);
            to.putLong(of.quantity[at]);
            to.putLong(of.amount[at]);
        }
        to.putLong(of.payments);
        for (int at = 0; at < of.payments; at++) {
            to.put(of.method[at]);
            to.putLong(of.paid[at]);
        }
        to.putLong(of.coupons);
        for (int at = 0; at < of.coupons; at++) {
            to.putText(of.coupon[at]);
        }
        to.putLong(of.promotions);
        for (int at = 0; at < of.promotions; at++) {
            to.putText(of.promotion[at]);
        }
        optional(to, of.refund ? of.orderId : null);
        optional(to, of.terminalId);
        optional(to, of.receiptNo);
        optional(to, of.businessDate);
        return CONTENTS.hashBytesToLong(to.data, 0, to.at);
    }

    private static void optional(Wire to, String text) {
        to.put(text == null ? 0 : 1);
        if (text != null) {
            to.putText(text);
        }
    }
}
