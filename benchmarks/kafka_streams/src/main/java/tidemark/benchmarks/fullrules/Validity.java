package tidemark.benchmarks.fullrules;

import java.util.Currency;
import java.util.Set;
import java.util.stream.Collectors;

/** What must hold of a document alone; when it was received, and lateness, are the processor's. */
final class Validity {
    private static final int MAX_LINES = 5_000;
    private static final Set<String> CURRENCIES =
        Currency.getAvailableCurrencies().stream().map(Currency::getCurrencyCode).collect(Collectors.toSet());

    private String lastCurrency;

    /** Throws Invalid for what does not hold; adds the lines up. */
    void check(Doc doc) throws Invalid {
        if (doc.refund ? doc.refundId == null : doc.orderId == null) {
            throw Invalid.field(doc.refund ? "refund_id" : "order_id", "required");
        }
        if (doc.channel < 0 || doc.storeId == null || doc.at == null || doc.currency == null || doc.lines == 0 || doc.total < 0) {
            throw new Invalid("invalid", "a required field is missing");
        }
        doc.atMs = Times.parse(doc.at, doc.refund ? "refunded_at" : "placed_at");
        if (doc.lines > MAX_LINES) {
            throw Invalid.field("lines", "more than the " + MAX_LINES + " allowed");
        }
        if (!doc.currency.equals(lastCurrency)) {
            if (!CURRENCIES.contains(doc.currency)) {
                throw Invalid.field("currency", "not a code of ISO 4217");
            }
            lastCurrency = doc.currency;
        }
        if (!doc.refund) {
            for (int line = 0; line < doc.lines; line++) {
                if (doc.quantity[line] < 1) {
                    throw Invalid.field("quantity", "less than 1");
                }
            }
        }
        doc.addUp();
        if (doc.sum + doc.fees != doc.total) {
            throw new Invalid("invalid", "total is " + doc.total + ", lines and fees add up to " + (doc.sum + doc.fees));
        }
        if (!doc.refund && doc.payments > 0) {
            long paid = 0;
            for (int at = 0; at < doc.payments; at++) {
                paid += doc.paid[at];
            }
            if (paid != doc.total) {
                throw new Invalid("invalid", "payments add up to " + paid + ", total is " + doc.total);
            }
        }
    }
}
