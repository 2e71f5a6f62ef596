package tidemark.benchmarks.fullrules;

/** RFC 3339 with an offset, to epoch milliseconds. */
final class Times {
    static final long DAY_MS = 86_400_000L;

    private Times() {}

    static long parse(String text, String field) throws Invalid {
        int end = text.length();
        if (end < 20 || text.charAt(4) != '-' || text.charAt(7) != '-' || text.charAt(13) != ':' || text.charAt(16) != ':'
            || (text.charAt(10) != 'T' && text.charAt(10) != ' ')) {
            throw Invalid.field(field, "not a time with an offset");
        }
        int year = digits(text, 0, 4, field);
        int month = digits(text, 5, 7, field);
        int day = digits(text, 8, 10, field);
        int hour = digits(text, 11, 13, field);
        int minute = digits(text, 14, 16, field);
        int second = digits(text, 17, 19, field);
        if (year < 2 || year > 9998 || month < 1 || month > 12 || day < 1 || day > length(year, month) || hour > 23 || minute > 59
            || second > 59) {
            throw Invalid.field(field, "no such time");
        }
        int at = 19;
        int millis = 0;
        if (text.charAt(at) == '.') {
            int scale = 100;
            int first = ++at;
            while (at < end && Character.digit(text.charAt(at), 10) >= 0) {
                millis += scale * (text.charAt(at) - '0');
                scale /= 10;
                at++;
            }
            if (at == first) {
                throw Invalid.field(field, "not a time with an offset");
            }
        }
        int offset;
        if (at == end - 1 && text.charAt(at) == 'Z') {
            offset = 0;
        } else if (at == end - 6 && (text.charAt(at) == '+' || text.charAt(at) == '-') && text.charAt(at + 3) == ':') {
            offset = digits(text, at + 1, at + 3, field) * 60 + digits(text, at + 4, at + 6, field);
            if (text.charAt(at) == '-') {
                offset = -offset;
            }
        } else {
            throw Invalid.field(field, "not a time with an offset");
        }
        return ((days(year, month, day) * 24 + hour) * 60 + minute - offset) * 60_000L + second * 1000L + millis;
    }

    private static int digits(String text, int from, int to, String field) throws Invalid {
        int value = 0;
        for (int at = from; at < to; at++) {
            int digit = text.charAt(at) - '0';
            if (digit < 0 || digit > 9) {
                throw Invalid.field(field, "not a time with an offset");
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private static int length(int year, int month) {
        if (month == 2) {
            return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 ? 29 : 28;
        }
        return month == 4 || month == 6 || month == 9 || month == 11 ? 30 : 31;
    }

    /** Days since 1970-01-01 (Howard Hinnant's days_from_civil). */
    private static long days(int year, int month, int day) {
        int y = month <= 2 ? year - 1 : year;
        int era = Math.floorDiv(y, 400);
        int yearOfEra = y - era * 400;
        int dayOfYear = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
        return era * 146_097L + yearOfEra * 365L + yearOfEra / 4 - yearOfEra / 100 + dayOfYear - 719_468L;
    }
}
