package tidemark.benchmarks.fullrules;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** JSON written as bytes, one value after the other into one buffer. */
class JsonBytes {
    private static final byte[] NULL = "null".getBytes(StandardCharsets.US_ASCII);

    protected byte[] data = new byte[4096];
    protected int at;

    private void room(int bytes) {
        if (at + bytes > data.length) {
            data = Arrays.copyOf(data, Math.max(2 * data.length, at + bytes));
        }
    }

    @SuppressWarnings("deprecation")
    void ascii(String text) {
        int length = text.length();
        room(length);
        text.getBytes(0, length, data, at);
        at += length;
    }

    /** JSON as it is; null for none. */
    void raw(byte[] json) {
        byte[] bytes = json == null ? NULL : json;
        room(bytes.length);
        System.arraycopy(bytes, 0, data, at, bytes.length);
        at += bytes.length;
    }

    void text(String text) {
        if (text == null) {
            raw(null);
            return;
        }
        ascii("\"");
        escaped(text);
        ascii("\"");
    }

    /** A time as Python's isoformat has it. */
    void time(String text) {
        if (text.endsWith("Z")) {
            text = text.substring(0, text.length() - 1) + "+00:00";
        }
        text(text);
    }

    /** A text's characters as they stand in JSON. */
    void escaped(String text) {
        int length = text.length();
        room(length);
        int start = at;
        for (int place = 0; place < length; place++) {
            char each = text.charAt(place);
            if (each < ' ' || each == '"' || each == '\\' || each >= 0x80) {
                at = start;
                escapedSlowly(text);
                return;
            }
            data[at++] = (byte) each;
        }
    }

    private void escapedSlowly(String text) {
        StringBuilder found = new StringBuilder();
        for (int place = 0; place < text.length(); place++) {
            char each = text.charAt(place);
            if (each == '"' || each == '\\') {
                found.append('\\').append(each);
            } else if (each < ' ') {
                found.append(String.format("\\u%04x", (int) each));
            } else {
                found.append(each);
            }
        }
        raw(found.toString().getBytes(StandardCharsets.UTF_8));
    }

    void digits(long value) {
        room(20);
        if (value < 0) {
            data[at++] = '-';
            value = -value;
        }
        int length = 1;
        for (long rest = value / 10; rest > 0; rest /= 10) {
            length++;
        }
        for (int place = at + length - 1; place >= at; place--) {
            data[place] = (byte) ('0' + value % 10);
            value /= 10;
        }
        at += length;
    }
}
