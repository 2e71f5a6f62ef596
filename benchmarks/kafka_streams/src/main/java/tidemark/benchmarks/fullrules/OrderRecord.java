package tidemark.benchmarks.fullrules;

import java.util.Arrays;

/** What an order contributed, and what of it is left. Begins with the digest of the document's content. */
final class OrderRecord {
    long content;
    long cameMs;
    String currency;
    int items;
    String[] sku = new String[16];
    long[] pieces = new long[16];
    long[] amount = new long[16];
    int programs;
    int[] program = new int[2];
    int activities;
    int[] activity = new int[16];
    long leftOut;
    long takenBack;

    static long contentOf(byte[] data) {
        long value = 0;
        for (int at = 0; at < 8; at++) {
            value = value << 8 | data[at] & 0xFF;
        }
        return value;
    }

    /** When a document came, of its record: an order's, or a refund's, of which nothing else is kept. */
    static long cameOf(Wire wire, byte[] data) {
        return wire.read(data, 8).getSigned();
    }

    static byte[] ofRefund(Wire wire, long content, long cameMs) {
        wire.reset();
        wire.putFixed(content);
        wire.putSigned(cameMs);
        return wire.bytes();
    }

    void addActivity(int ref) {
        if (activities == activity.length) {
            activity = Arrays.copyOf(activity, activities * 2);
        }
        activity[activities++] = ref;
    }

    void addProgram(int ref) {
        if (programs == program.length) {
            program = Arrays.copyOf(program, programs * 2);
        }
        program[programs++] = ref;
    }

    /** Takes the items of a document, without a copy: it is written before the next is read. */
    void itemsOf(Doc doc) {
        items = doc.items;
        sku = doc.itemSku;
        pieces = doc.itemPieces;
        amount = doc.itemAmount;
    }

    byte[] write(Wire wire) {
        wire.reset();
        wire.putFixed(content);
        wire.putSigned(cameMs);
        wire.putText(currency);
        wire.putLong(items);
        for (int at = 0; at < items; at++) {
            wire.putText(sku[at]);
            wire.putLong(pieces[at]);
            wire.putLong(amount[at]);
        }
        wire.putLong(programs);
        for (int at = 0; at < programs; at++) {
            wire.putLong(program[at]);
        }
        wire.putLong(activities);
        for (int at = 0; at < activities; at++) {
            wire.putLong(activity[at]);
        }
        wire.putLong(leftOut);
        wire.putLong(takenBack);
        return wire.bytes();
    }

    void read(Wire wire, byte[] data) {
        wire.read(data, 0);
        content = wire.getFixed();
        cameMs = wire.getSigned();
        currency = wire.getText();
        items = wire.getInt();
        sku = new String[items];
        pieces = new long[items];
        amount = new long[items];
        for (int at = 0; at < items; at++) {
            sku[at] = wire.getText();
            pieces[at] = wire.getLong();
            amount[at] = wire.getLong();
        }
        programs = activities = 0;
        for (int left = wire.getInt(); left > 0; left--) {
            addProgram(wire.getInt());
        }
        for (int left = wire.getInt(); left > 0; left--) {
            addActivity(wire.getInt());
        }
        leftOut = wire.getLong();
        takenBack = wire.getLong();
    }
}
