package tidemark.benchmarks.fullrules;

/** A member's levels, brought to what he has spent. */
final class Levels {
    private final Rulebook book;
    private final Events events;

    Levels(Rulebook book, Events events) {
        this.book = book;
        this.events = events;
    }

    /** Whether a document counts for a membership's level. */
    static boolean countsTowards(Program program, Member member, int at, Doc doc) {
        return member.since[at] <= doc.atMs && program.activeFromMs <= doc.atMs && program.currency.equals(doc.currency);
    }

    /** After a refund. */
    void judgeAll(Member member, Doc doc, long clockMs) {
        for (int at = 0; at < member.memberships; at++) {
            judge(member, at, book.programs.get(member.program[at]), doc, "refund", clockMs);
        }
    }

    /** Brings a level to what spending reaches; an upgrade grants for every level on the way. */
    void judge(Member member, int at, Program program, Doc doc, String why, long clockMs) {
        int before = member.level[at];
        int level = program.levelFor(member.spent[at]);
        if (level == before) {
            return;
        }
        member.level[at] = level;
        member.levelSince[at] = doc.atMs;
        String from = before < 0 ? null : program.levels[before];
        events.level(program, doc.memberId, from, level < 0 ? null : program.levels[level], why, doc.id(), doc.at, clockMs);
        for (int gained = before + 1; gained <= level; gained++) {
            if (!program.enabled[gained]) {
                continue;
            }
            int times = member.gain(program.ref << 16 | gained << 8);
            for (Program.Upgrade upgrade : program.upgrades.get(gained)) {
                if (upgrade.fromMs() <= doc.atMs && doc.atMs < upgrade.untilMs()
                    && (upgrade.regain() || member.gain(program.ref << 16 | gained << 8 | upgrade.ref() + 1) == 1)) {
                    events.upgradeGift(upgrade, doc.memberId, program.fullNames[gained], times, doc.orderId, doc.at, clockMs);
                }
            }
        }
    }
}
