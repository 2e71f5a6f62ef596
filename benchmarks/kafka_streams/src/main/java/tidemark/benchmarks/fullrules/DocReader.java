package tidemark.benchmarks.fullrules;

import com.dslplatform.json.DslJson;
import com.dslplatform.json.JsonReader;
import com.dslplatform.json.NumberConverter;
import com.dslplatform.json.ParsingException;
import java.io.IOException;
import java.util.Arrays;

/**
 * Reads and validates a whole document: dsl-json's reader on the record's own bytes, the fields told by the hashes of their names, as
 * the code does that dsl-json generates.
 */
final class DocReader {
    private static final long MAX_AMOUNT = 1_000_000_000_000_000L;
    private static final long MAX_QUANTITY = 1_000_000_000L;
    private static final int MAX_BYTES = 1 << 20;

    // FNV-1a of the names.
    private static final int TYPE = 1361572173;
    private static final int ORDER_ID = 1794397509;
    private static final int REFUND_ID = 1370109181;
    private static final int CHANNEL = 566383268;
    private static final int STORE_ID = 709940654;
    private static final int SERVICE_TYPE = -1674734295;
    private static final int MEMBER_ID = 994388249;
    private static final int PLACED_AT = -621717416;
    private static final int REFUNDED_AT = 235290214;
    private static final int RECEIVED_AT = 1629390978;
    private static final int CURRENCY = -571308490;
    private static final int LINES = -505141700;
    private static final int FEES = -1271565232;
    private static final int TOTAL = 80777981;
    private static final int PAYMENTS = -902171098;
    private static final int COUPONS = -2012184376;
    private static final int PROMOTIONS = -1703922597;
    private static final int MEMBER_PRICE = 1303763073;
    private static final int MEMBER_DISCOUNT = 1947754935;
    private static final int IMPORTED = -557061307;
    private static final int TERMINAL_ID = -1909128921;
    private static final int RECEIPT_NO = 1699023539;
    private static final int BUSINESS_DATE = 1164674328;
    private static final int SKU = -651451878;
    private static final int QUANTITY = 1265799128;
    private static final int AMOUNT = -142225847;
    private static final int METHOD = -1421478096;

    private final JsonReader<Object> json =
        new DslJson<Object>(new DslJson.Settings<Object>()).newReader(new byte[0]);
    private final Validity validity = new Validity();
    // How many the list of codes had that was read last.
    private int counted;

    /** Reads `data` into `doc`; what must hold of it alone, holds then (received_at and lateness are the caller's). */
    void read(byte[] data, Doc doc) throws Invalid {
        doc.clear();
        if (data == null) {
            throw new Invalid("undecodable", "the record has no value");
        }
        if (data.length > MAX_BYTES) {
            throw new Invalid("too_large", data.length + " bytes");
        }
        try {
            document(data, doc);
        } catch (ParsingException error) {
            throw new Invalid("undecodable", "not JSON: " + error.getMessage());
        } catch (IOException | ArrayIndexOutOfBoundsException error) {
            throw new Invalid("undecodable", "not JSON: " + error);
        }
        validity.check(doc);
    }

    private void document(byte[] data, Doc doc) throws IOException, Invalid {
        json.process(data, data.length);
        if (json.getNextToken() != '{') {
            throw new Invalid("undecodable", "not an object");
        }
        String type = null;
        String placedAt = null;
        String refundedAt = null;
        byte token = json.getNextToken();
        while (token != '}') {
            int name = json.fillName();
            token = json.getNextToken();
            if (token == 'n') {
                if (!json.wasNull()) {
                    throw new Invalid("undecodable", "not JSON");
                }
            } else {
                switch (name) {
                    case TYPE -> type = text("type");
                    case ORDER_ID -> doc.orderId = text("order_id");
                    case REFUND_ID -> doc.refundId = text("refund_id");
                    case CHANNEL -> doc.channel = Words.channel(text("channel"));
                    case STORE_ID -> doc.storeId = text("store_id");
                    case SERVICE_TYPE -> doc.service = Words.service(text("service_type"));
                    case MEMBER_ID -> doc.memberId = text("member_id");
                    case PLACED_AT -> placedAt = text("placed_at");
                    case REFUNDED_AT -> refundedAt = text("refunded_at");
                    case RECEIVED_AT -> doc.receivedAtMs = Times.parse(text("received_at"), "received_at");
                    case CURRENCY -> doc.currency = text("currency");
                    case LINES -> lines(doc);
                    case FEES -> doc.fees = number("fees", 0, MAX_AMOUNT);
                    case TOTAL -> doc.total = number("total", 0, MAX_AMOUNT);
                    case PAYMENTS -> payments(doc);
                    case COUPONS -> doc.coupons = (doc.coupon = codes("coupons", doc.coupon)) == null ? 0 : counted;
                    case PROMOTIONS -> doc.promotions = (doc.promotion = codes("promotions", doc.promotion)) == null ? 0 : counted;
                    case MEMBER_PRICE -> doc.memberPrice = flag("member_price");
                    case MEMBER_DISCOUNT -> doc.memberDiscount = flag("member_discount");
                    case IMPORTED -> doc.imported = flag("imported");
                    case TERMINAL_ID -> doc.terminalId = receiptPart("terminal_id");
                    case RECEIPT_NO -> doc.receiptNo = receiptPart("receipt_no");
                    case BUSINESS_DATE -> doc.businessDate = receiptPart("business_date");
                    default -> {
                        token = following(json.skip());
                        continue;
                    }
                }
            }
            token = following(json.getNextToken());
        }
        for (int at = json.getCurrentIndex(); at < data.length; at++) {
            if (data[at] != ' ' && data[at] != '\n' && data[at] != '\r' && data[at] != '\t') {
                throw new Invalid("undecodable", "more than one document");
            }
        }
        if ("purchase".equals(type)) {
            doc.at = placedAt;
        } else if ("refund".equals(type)) {
            doc.refund = true;
            doc.at = refundedAt;
        } else {
            throw Invalid.field("type", "neither purchase nor refund");
        }
    }

    private byte following(byte token) throws IOException, Invalid {
        if (token == ',') {
            return json.getNextToken();
        }
        if (token != '}') {
            throw new Invalid("undecodable", "not JSON");
        }
        return token;
    }

    private String text(String field) throws IOException, Invalid {
        if (json.last() != '"') {
            throw Invalid.field(field, "not a string");
        }
        String value = json.readString();
        if (value.isEmpty() || value.length() > 256) {
            throw Invalid.field(field, "empty or too long");
        }
        return value;
    }

    private long number(String field, long least, long most) throws IOException, Invalid {
        if (json.last() == '"') {
            throw Invalid.field(field, "not an integer");
        }
        long value = NumberConverter.deserializeLong(json);
        if (value < least || value > most) {
            throw Invalid.field(field, "not an integer from " + least + " to " + most);
        }
        return value;
    }

    private boolean flag(String field) throws IOException, Invalid {
        if (json.wasTrue()) {
            return true;
        }
        if (json.wasFalse()) {
            return false;
        }
        throw Invalid.field(field, "not true or false");
    }

    /** Tills number their receipts with or without quotes: 7 and "7" are two values. */
    private String receiptPart(String field) throws IOException, Invalid {
        return json.last() == '"' ? text(field) : "#" + NumberConverter.deserializeLong(json);
    }

    private void lines(Doc doc) throws IOException, Invalid {
        doc.lines = 0;
        if (json.last() != '[') {
            throw Invalid.field("lines", "not a list");
        }
        byte token = json.getNextToken();
        while (token != ']') {
            if (token != '{') {
                throw Invalid.field("lines", "a line is not an object");
            }
            String sku = null;
            long quantity = -1;
            long amount = -1;
            token = json.getNextToken();
            while (token != '}') {
                int name = json.fillName();
                json.getNextToken();
                switch (name) {
                    case SKU -> sku = text("sku");
                    case QUANTITY -> quantity = number("quantity", 0, MAX_QUANTITY);
                    case AMOUNT -> amount = number("amount", 0, MAX_AMOUNT);
                    default -> {
                        token = following(json.skip());
                        continue;
                    }
                }
                token = following(json.getNextToken());
            }
            if (sku == null || quantity < 0 || amount < 0) {
                throw Invalid.field("lines", "sku, quantity and amount are required");
            }
            doc.addLine(sku, quantity, amount);
            token = next();
        }
    }

    private void payments(Doc doc) throws IOException, Invalid {
        doc.payments = 0;
        if (json.last() != '[') {
            throw Invalid.field("payments", "not a list");
        }
        byte token = json.getNextToken();
        while (token != ']') {
            if (token != '{') {
                throw Invalid.field("payments", "a payment is not an object");
            }
            int method = -1;
            long amount = -1;
            token = json.getNextToken();
            while (token != '}') {
                int name = json.fillName();
                json.getNextToken();
                switch (name) {
                    case METHOD -> method = Words.method(text("method"));
                    case AMOUNT -> amount = number("amount", 0, MAX_AMOUNT);
                    default -> {
                        token = following(json.skip());
                        continue;
                    }
                }
                token = following(json.getNextToken());
            }
            if (method < 0 || amount < 0) {
                throw Invalid.field("payments", "method and amount are required");
            }
            doc.addPayment(method, amount);
            token = next();
        }
    }

    /** After an element of a list: the first token of the next, or the end. */
    private byte next() throws IOException, Invalid {
        byte token = json.getNextToken();
        if (token == ',') {
            return json.getNextToken();
        }
        if (token != ']') {
            throw new Invalid("undecodable", "not JSON");
        }
        return token;
    }

    private String[] codes(String field, String[] into) throws IOException, Invalid {
        if (json.last() != '[') {
            throw Invalid.field(field, "not a list");
        }
        counted = 0;
        byte token = json.getNextToken();
        while (token != ']') {
            if (counted == into.length) {
                into = Arrays.copyOf(into, counted * 2);
            }
            into[counted++] = text(field);
            token = next();
        }
        return into;
    }
}
