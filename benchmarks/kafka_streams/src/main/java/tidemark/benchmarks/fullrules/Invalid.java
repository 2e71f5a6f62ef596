package tidemark.benchmarks.fullrules;

/** A document that cannot be taken: the dead letters' reason, and what is wrong. No stack trace: bad input is no accident. */
final class Invalid extends Exception {
    private static final long serialVersionUID = 1;

    final String reason;

    Invalid(String reason, String detail) {
        super(detail, null, false, false);
        this.reason = reason;
    }

    static Invalid field(String name, String what) {
        return new Invalid("invalid", name + ": " + what);
    }
}
