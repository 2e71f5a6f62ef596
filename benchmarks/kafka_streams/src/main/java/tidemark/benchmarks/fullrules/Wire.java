package tidemark.benchmarks.fullrules;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A growing buffer that state is written to and read from: varints, zigzag, length-prefixed text. */
final class Wire {
    byte[] data = new byte[1024];
    int at;

    Wire reset() {
        at = 0;
        return this;
    }

    Wire read(byte[] from, int start) {
        data = from;
        at = start;
        return this;
    }

    byte[] bytes() {
        return Arrays.copyOf(data, at);
    }

    private void room(int bytes) {
        if (at + bytes > data.length) {
            data = Arrays.copyOf(data, Math.max(data.length * 2, at + bytes));
        }
    }

    void put(int value) {
        room(1);
        data[at++] = (byte) value;
    }

    void putLong(long value) {
        room(10);
        while ((value & ~0x7FL) != 0) {
            data[at++] = (byte) (value & 0x7F | 0x80);
            value >>>= 7;
        }
        data[at++] = (byte) value;
    }

    void putSigned(long value) {
        putLong(value << 1 ^ value >> 63);
    }

    void putFixed(long value) {
        room(8);
        for (int shift = 56; shift >= 0; shift -= 8) {
            data[at++] = (byte) (value >>> shift);
        }
    }

    void putText(String text) {
        int length = text.length();
        room(3 * length + 5);
        int start = at;
        if (length < 128) {
            data[at++] = (byte) length;
            for (int place = 0; place < length; place++) {
                char each = text.charAt(place);
                if (each >= 0x80) {
                    at = start;
                    break;
                }
                data[at++] = (byte) each;
            }
            if (at > start) {
                return;
            }
        }
        putBytes(text.getBytes(StandardCharsets.UTF_8));
    }

    void putBytes(byte[] bytes) {
        putLong(bytes.length);
        room(bytes.length);
        System.arraycopy(bytes, 0, data, at, bytes.length);
        at += bytes.length;
    }

    int get() {
        return data[at++];
    }

    long getLong() {
        long value = 0;
        for (int shift = 0; ; shift += 7) {
            byte next = data[at++];
            value |= (long) (next & 0x7F) << shift;
            if (next >= 0) {
                return value;
            }
        }
    }

    int getInt() {
        return (int) getLong();
    }

    long getSigned() {
        long value = getLong();
        return value >>> 1 ^ -(value & 1);
    }

    long getFixed() {
        long value = 0;
        for (int place = 0; place < 8; place++) {
            value = value << 8 | data[at++] & 0xFF;
        }
        return value;
    }

    String getText() {
        int length = getInt();
        at += length;
        return new String(data, at - length, length, StandardCharsets.UTF_8);
    }

    byte[] getBytes() {
        int length = getInt();
        at += length;
        return Arrays.copyOfRange(data, at - length, at);
    }
}
