package tidemark.benchmarks.fullrules;

import java.util.Set;

/** A cumulative_spend, compiled. */
final class Activity {
    int ref; // dense: from 0
    String code;
    long fromMs;
    long untilMs;
    boolean byAmount;
    boolean every;
    long threshold;
    long[] steps; // empty: one threshold
    long stride; // something can be owed only where progress passes a multiple of this
    long lastOrdinal;
    byte[][] gifts; // JSON, by step
    byte[] notify;
    Set<String> programs;
    String currency;
    Set<String> stores; // null: all
    Set<String> organizations;
    int services; // bits 0..3; 0 stands for none
    int channels;
    boolean notWithAnyCoupon;
    Set<String> notWithCoupons;
    boolean notWithAnyPromotion;
    Set<String> notWithPromotions;
    boolean notWithMemberPrice;
    boolean notWithMemberDiscount;
    int notWithMethods;
    boolean shareable;
    Set<String> include; // null: all but those excluded
    Set<String> exclude;

    boolean inScope(String sku) {
        return include != null ? include.contains(sku) : !exclude.contains(sku);
    }

    /** Whether the order used nothing that this may not be shared with. */
    boolean mayShare(Doc doc) {
        if (doc.coupons > 0 && (notWithAnyCoupon || any(notWithCoupons, doc.coupon, doc.coupons))) {
            return false;
        }
        if (doc.promotions > 0 && (notWithAnyPromotion || any(notWithPromotions, doc.promotion, doc.promotions))) {
            return false;
        }
        if (doc.memberPrice && notWithMemberPrice || doc.memberDiscount && notWithMemberDiscount) {
            return false;
        }
        for (int at = 0; at < doc.payments; at++) {
            if (doc.paid[at] > 0 && (notWithMethods >> doc.method[at] & 1) != 0) {
                return false;
            }
        }
        return true;
    }

    private static boolean any(Set<String> barred, String[] used, int count) {
        for (int at = 0; at < count; at++) {
            if (barred.contains(used[at])) {
                return true;
            }
        }
        return false;
    }
}
