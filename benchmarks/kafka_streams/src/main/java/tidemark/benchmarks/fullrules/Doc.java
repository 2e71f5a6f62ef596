package tidemark.benchmarks.fullrules;

import java.util.Arrays;
import java.util.HashMap;

/** An order or a refund as read; one object for all of a task's documents. */
final class Doc {
    static final int POS = 0;
    static final int ONLINE = 1;
    static final long NONE = Long.MIN_VALUE;
    static final String[] METHODS = {"card", "cash", "gift_card", "group_voucher", "prepaid_balance", "points", "other"};
    static final int GIFT_CARD = 2;
    static final int GROUP_VOUCHER = 3;

    boolean refund;
    String orderId;
    String refundId;
    int channel;
    int service; // 0: none; else 1 + dine_in, delivery, self_pickup
    String storeId;
    String memberId;
    String at;
    long atMs;
    long receivedAtMs;
    String currency;
    long fees;
    long total;
    int lines;
    String[] sku = new String[16];
    long[] quantity = new long[16];
    long[] amount = new long[16];
    int payments;
    int[] method = new int[8];
    long[] paid = new long[8];
    int coupons;
    String[] coupon = new String[8];
    int promotions;
    String[] promotion = new String[8];
    boolean memberPrice;
    boolean memberDiscount;
    boolean imported;
    String terminalId;
    String receiptNo;
    String businessDate;

    // Worked out: the lines by sku (pieces are those of lines with an amount), and their sum.
    int items;
    String[] itemSku = new String[16];
    long[] itemPieces = new long[16];
    long[] itemAmount = new long[16];
    long sum;

    String id() {
        return refund ? refundId : orderId;
    }

    void clear() {
        refund = memberPrice = memberDiscount = imported = false;
        orderId = refundId = storeId = memberId = at = currency = terminalId = receiptNo = businessDate = null;
        channel = -1;
        service = lines = payments = coupons = promotions = items = 0;
        receivedAtMs = atMs = NONE;
        fees = 0;
        total = -1;
        sum = 0;
    }

    void addLine(String sku, long quantity, long amount) {
        if (lines == this.sku.length) {
            this.sku = Arrays.copyOf(this.sku, lines * 2);
            this.quantity = Arrays.copyOf(this.quantity, lines * 2);
            this.amount = Arrays.copyOf(this.amount, lines * 2);
        }
        this.sku[lines] = sku;
        this.quantity[lines] = quantity;
        this.amount[lines++] = amount;
    }

    void addPayment(int method, long amount) {
        if (payments == paid.length) {
            this.method = Arrays.copyOf(this.method, payments * 2);
            paid = Arrays.copyOf(paid, payments * 2);
        }
        this.method[payments] = method;
        paid[payments++] = amount;
    }

    /** The lines added up by sku. */
    void addUp() {
        if (itemSku.length < lines) {
            itemSku = new String[sku.length];
            itemPieces = new long[sku.length];
            itemAmount = new long[sku.length];
        }
        if (lines > 32) {
            addUpMany();
            return;
        }
        for (int line = 0; line < lines; line++) {
            long pieces = amount[line] > 0 ? quantity[line] : 0;
            sum += amount[line];
            int at = 0;
            while (at < items && !itemSku[at].equals(sku[line])) {
                at++;
            }
            addItem(at, sku[line], pieces, amount[line]);
        }
    }

    private void addUpMany() {
        var places = new HashMap<String, Integer>();
        for (int line = 0; line < lines; line++) {
            sum += amount[line];
            addItem(places.computeIfAbsent(sku[line], any -> items), sku[line], amount[line] > 0 ? quantity[line] : 0, amount[line]);
        }
    }

    private void addItem(int at, String sku, long pieces, long amount) {
        if (at == items) {
            items++;
            itemSku[at] = sku;
            itemPieces[at] = pieces;
            itemAmount[at] = amount;
        } else {
            itemPieces[at] += pieces;
            itemAmount[at] += amount;
        }
    }
}
