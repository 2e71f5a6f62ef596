package tidemark.benchmarks.fullrules;

/** The words that a field may hold, as numbers. */
final class Words {
    private Words() {}

    static int channel(String value) throws Invalid {
        return switch (value) {
            case "pos" -> Doc.POS;
            case "online" -> Doc.ONLINE;
            default -> throw Invalid.field("channel", "neither pos nor online");
        };
    }

    static int service(String value) throws Invalid {
        return switch (value) {
            case "dine_in" -> 1;
            case "delivery" -> 2;
            case "self_pickup" -> 3;
            default -> throw Invalid.field("service_type", "unknown");
        };
    }

    static int method(String value) throws Invalid {
        return switch (value) {
            case "card" -> 0;
            case "cash" -> 1;
            case "gift_card" -> Doc.GIFT_CARD;
            case "group_voucher" -> Doc.GROUP_VOUCHER;
            case "prepaid_balance" -> 4;
            case "points" -> 5;
            case "other" -> 6;
            default -> throw Invalid.field("method", "unknown");
        };
    }
}
