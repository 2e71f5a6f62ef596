package tidemark.benchmarks.fullrules;

import java.math.BigInteger;
import java.util.HashSet;
import java.util.Set;

/** A document applied to its member: progress, spending, levels, and what comes of them. */
final class Rules {
    static final long MAX_GRANTS = 10_000;

    private final Rulebook book;
    private final Events events;
    private final Levels levels;
    // Of activities with a scope, what the document in hand adds, by ref; and which of them.
    private final long[] scoped;
    private final Activity[] touched;
    private final Activity[] barred;
    private int barredCount;
    // What the document in hand adds, and to what.
    private final Activity[] adding;
    private final long[] added;
    private int additions;
    private final int[] ownSet;

    Rules(Rulebook book, Events events) {
        this.book = book;
        this.events = events;
        levels = new Levels(book, events);
        int count = book.activities.size();
        scoped = new long[count];
        touched = new Activity[count];
        barred = new Activity[count];
        adding = new Activity[count];
        added = new long[count];
        // Nearly every member is in one program.
        ownSet = new int[book.programs.size()];
        book.programs.forEach(program -> ownSet[program.ref] = book.programSet(Set.of(program.code)));
    }

    void register(Member member, long nowMs) {
        member.registered = true;
        if (book.defaultProgram != null) {
            member.join(book.defaultProgram.ref, Rulebook.ALWAYS, nowMs);
        }
    }

    /** Adds an order; `record` gets what it contributed, for its refunds. */
    void purchase(Member member, Doc doc, OrderRecord record, long clockMs) throws Invalid {
        record.programs = record.activities = 0;
        if (doc.sum > 0 && !doc.imported) {
            progress(member, doc, record, clockMs);
        }
        long counted = doc.sum;
        for (int at = 0; at < doc.payments; at++) {
            if (doc.method[at] == Doc.GIFT_CARD || doc.method[at] == Doc.GROUP_VOUCHER) {
                counted -= doc.paid[at];
            }
        }
        counted = Math.max(0, counted);
        for (int at = 0; at < member.memberships; at++) {
            Program program = book.programs.get(member.program[at]);
            if (Levels.countsTowards(program, member, at, doc) && (!doc.imported || program.includeImported)) {
                member.spent[at] += counted;
                record.addProgram(program.ref);
            }
            levels.judge(member, at, program, doc, "order", clockMs);
        }
        record.currency = doc.currency;
        record.itemsOf(doc);
        record.leftOut = doc.sum - counted;
        record.takenBack = 0;
    }

    /** Takes back what a refund names of an order, each sku at most what is left of it. */
    void refundOrder(Member member, Doc doc, OrderRecord record, long clockMs) {
        long leftBefore = 0;
        long leftAfter = 0;
        long[] pieces = new long[record.items];
        long[] amounts = new long[record.items];
        for (int at = 0; at < record.items; at++) {
            long wantedPieces = 0;
            long wantedAmount = 0;
            for (int line = 0; line < doc.lines; line++) {
                if (doc.sku[line].equals(record.sku[at])) {
                    wantedPieces += doc.quantity[line];
                    wantedAmount += doc.amount[line];
                }
            }
            pieces[at] = Math.min(wantedPieces, record.pieces[at]);
            amounts[at] = Math.min(wantedAmount, record.amount[at]);
            leftBefore += record.amount[at];
            record.pieces[at] -= pieces[at];
            record.amount[at] -= amounts[at];
            leftAfter += record.amount[at];
        }
        for (int at = 0; at < record.activities; at++) {
            Activity activity = book.activities.get(record.activity[at]);
            long less = 0;
            for (int item = 0; item < record.items; item++) {
                if (activity.inScope(record.sku[item])) {
                    less += activity.byAmount ? amounts[item] : pieces[item];
                }
            }
            member.progress[member.place(activity.ref)] -= less;
        }
        long atFirst = leftBefore + record.takenBack;
        long counted = atFirst - record.leftOut;
        long less = atFirst == 0 ? 0 : scaled(counted, leftBefore, atFirst) - scaled(counted, leftAfter, atFirst);
        for (int at = 0; at < member.memberships; at++) {
            for (int place = 0; place < record.programs; place++) {
                if (record.program[place] == member.program[at]) {
                    member.spent[at] -= less;
                }
            }
        }
        record.takenBack = atFirst - leftAfter;
        levels.judgeAll(member, doc, clockMs);
    }

    private static long scaled(long counted, long left, long atFirst) {
        long high = Math.multiplyHigh(counted, left);
        long low = counted * left;
        return high == 0 && low >= 0
            ? low / atFirst
            : BigInteger.valueOf(counted).multiply(BigInteger.valueOf(left)).divide(BigInteger.valueOf(atFirst)).longValue();
    }

    /** Subtracts what a purchase of the same lines would have added. */
    void refundAlone(Member member, Doc doc, long clockMs) {
        if (doc.sum > 0) {
            contributions(book.candidates(doc, programSet(member, doc.atMs)), doc);
            for (int at = 0; at < additions; at++) {
                member.progress[member.place(adding[at].ref)] -= added[at];
            }
        }
        for (int at = 0; at < member.memberships; at++) {
            if (Levels.countsTowards(book.programs.get(member.program[at]), member, at, doc)) {
                member.spent[at] -= doc.sum;
            }
        }
        levels.judgeAll(member, doc, clockMs);
    }

    private void progress(Member member, Doc doc, OrderRecord record, long clockMs) throws Invalid {
        Candidates candidates = book.candidates(doc, programSet(member, doc.atMs));
        barredCount = 0;
        for (Activity activity : candidates.guarded) {
            if (!activity.mayShare(doc)) {
                barred[barredCount++] = activity;
            }
        }
        contributions(candidates, doc);
        if (candidates.leastEvery != Long.MAX_VALUE && doc.sum / MAX_GRANTS >= candidates.leastEvery || doc.lines > 1_000) {
            refuseTooMany(member);
        }
        for (int at = 0; at < additions; at++) {
            Activity activity = adding[at];
            if (isBarred(activity)) {
                continue;
            }
            record.addActivity(activity.ref);
            int place = member.place(activity.ref);
            long before = member.progress[place];
            member.progress[place] = before + added[at];
            if (Math.floorMod(before, activity.stride) + added[at] >= activity.stride) {
                grant(member, place, activity, doc, clockMs);
            }
        }
    }

    private boolean isBarred(Activity activity) {
        for (int at = 0; at < barredCount; at++) {
            if (barred[at] == activity) {
                return true;
            }
        }
        return false;
    }

    private void refuseTooMany(Member member) throws Invalid {
        for (int at = 0; at < additions; at++) {
            Activity activity = adding[at];
            if (activity.every && !isBarred(activity)) {
                int place = member.place(activity.ref);
                if (Math.max(0, member.progress[place] + added[at]) / activity.threshold - member.granted[place] > MAX_GRANTS) {
                    throw new Invalid("too_many_grants", "the order owes more than " + MAX_GRANTS + " grants of " + activity.code);
                }
            }
        }
    }

    /** What the document adds, to each of the candidates that it adds something to. */
    private void contributions(Candidates candidates, Doc doc) {
        additions = 0;
        long pieces = 0;
        int found = 0;
        for (int item = 0; item < doc.items; item++) {
            pieces += doc.itemPieces[item];
            Activity[] of = candidates.bySku.get(doc.itemSku[item]);
            if (of != null) {
                for (Activity activity : of) {
                    long more = activity.byAmount ? doc.itemAmount[item] : doc.itemPieces[item];
                    if (more > 0) {
                        if (scoped[activity.ref] == 0) {
                            touched[found++] = activity;
                        }
                        scoped[activity.ref] += more;
                    }
                }
            }
        }
        for (Activity activity : candidates.byAmount) {
            add(activity, doc.sum);
        }
        if (pieces > 0) {
            for (Activity activity : candidates.byPieces) {
                add(activity, pieces);
            }
        }
        for (Activity activity : candidates.excluding) {
            long all = activity.byAmount ? doc.sum : pieces;
            for (int item = 0; item < doc.items; item++) {
                if (activity.exclude.contains(doc.itemSku[item])) {
                    all -= activity.byAmount ? doc.itemAmount[item] : doc.itemPieces[item];
                }
            }
            if (all > 0) {
                add(activity, all);
            }
        }
        for (int at = 0; at < found; at++) {
            add(touched[at], scoped[touched[at].ref]);
            scoped[touched[at].ref] = 0;
        }
    }

    private void add(Activity activity, long more) {
        adding[additions] = activity;
        added[additions++] = more;
    }

    /** Grants every ordinal that progress has earned and that was not granted yet. */
    private void grant(Member member, int place, Activity activity, Doc doc, long clockMs) {
        long granted = member.granted[place];
        if (granted >= activity.lastOrdinal) {
            return;
        }
        long reached = member.progress[place];
        long last = granted;
        if (activity.steps.length > 0) {
            for (int step = 0; step < activity.steps.length; step++) {
                if (reached >= activity.steps[step]) {
                    last = Math.max(last, step + 1);
                }
            }
        } else {
            last = Math.max(0, reached) / activity.threshold;
            last = activity.every ? last : Math.min(last, 1);
        }
        if (last <= granted) {
            return;
        }
        member.granted[place] = last;
        events.threshold(activity, doc.memberId, granted + 1, last, reached, doc.orderId, doc.at, clockMs);
        for (long ordinal = granted + 1; ordinal <= last; ordinal++) {
            byte[] gifts = activity.gifts[activity.steps.length > 0 ? (int) ordinal - 1 : 0];
            events.gift(activity, doc.memberId, ordinal, doc.orderId, doc.at, gifts, clockMs);
        }
    }

    private int programSet(Member member, long atMs) {
        if (member.memberships == 1 && member.since[0] <= atMs) {
            return ownSet[member.program[0]];
        }
        Set<String> codes = new HashSet<>();
        for (int at = 0; at < member.memberships; at++) {
            if (member.since[at] <= atMs) {
                codes.add(book.programs.get(member.program[at]).code);
            }
        }
        return book.programSet(codes);
    }
}
