package tidemark.benchmarks.fullrules;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/** All that is kept of a member, read into one object for all of a task's members. */
final class Member {
    /** A refund that came before its order. */
    record Held(String refundId, String orderId, long dueMs, long receivedMs, byte[] raw) {}

    boolean registered;
    final List<Held> held = new ArrayList<>(0);
    // Memberships, by program's ref; level by its place on the ladder, -1 for none.
    int memberships;
    int[] program = new int[2];
    long[] since = new long[2];
    long[] spent = new long[2];
    int[] level = new int[2];
    long[] levelSince = new long[2];
    // Progress and the highest ordinal granted, by the activity's ref.
    int counted;
    int[] ref = new int[16];
    long[] progress = new long[16];
    long[] granted = new long[16];
    // How often a level was gained, and what a tier_upgrade has fired for: (program, level or -1 - upgrade's ref) and how often.
    int gains;
    int[] gained = new int[8];
    int[] times = new int[8];

    void clear() {
        registered = false;
        held.clear();
        memberships = counted = gains = 0;
    }

    void join(int programRef, long sinceMs, long nowMs) {
        if (memberships == program.length) {
            program = Arrays.copyOf(program, memberships * 2);
            since = Arrays.copyOf(since, memberships * 2);
            spent = Arrays.copyOf(spent, memberships * 2);
            level = Arrays.copyOf(level, memberships * 2);
            levelSince = Arrays.copyOf(levelSince, memberships * 2);
        }
        program[memberships] = programRef;
        since[memberships] = sinceMs;
        spent[memberships] = 0;
        level[memberships] = -1;
        levelSince[memberships++] = nowMs;
    }

    /** The place of an activity's progress; made where there is none yet. */
    int place(int activity) {
        for (int at = 0; at < counted; at++) {
            if (ref[at] == activity) {
                return at;
            }
        }
        if (counted == ref.length) {
            ref = Arrays.copyOf(ref, counted * 2);
            progress = Arrays.copyOf(progress, counted * 2);
            granted = Arrays.copyOf(granted, counted * 2);
        }
        ref[counted] = activity;
        progress[counted] = granted[counted] = 0;
        return counted++;
    }

    /** One gain more of `what`; how many there are now. */
    int gain(int what) {
        for (int at = 0; at < gains; at++) {
            if (gained[at] == what) {
                return ++times[at];
            }
        }
        if (gains == gained.length) {
            gained = Arrays.copyOf(gained, gains * 2);
            times = Arrays.copyOf(times, gains * 2);
        }
        gained[gains] = what;
        times[gains] = 1;
        gains++;
        return 1;
    }

    byte[] write(Wire wire) {
        wire.reset();
        wire.put(registered ? 1 : 0);
        wire.putLong(held.size());
        for (Held each : held) {
            wire.putText(each.refundId);
            wire.putText(each.orderId);
            wire.putSigned(each.dueMs);
            wire.putSigned(each.receivedMs);
            wire.putBytes(each.raw);
        }
        wire.put(memberships);
        for (int at = 0; at < memberships; at++) {
            wire.putLong(program[at]);
            wire.putSigned(since[at] == Rulebook.ALWAYS ? 0 : since[at]);
            wire.putSigned(spent[at]);
            wire.put(level[at]);
            wire.putSigned(levelSince[at]);
        }
        wire.putLong(counted);
        for (int at = 0; at < counted; at++) {
            wire.putLong(ref[at]);
            wire.putSigned(progress[at]);
            wire.putLong(granted[at]);
        }
        wire.putLong(gains);
        for (int at = 0; at < gains; at++) {
            wire.putSigned(gained[at]);
            wire.putLong(times[at]);
        }
        return wire.bytes();
    }

    void read(Wire wire, byte[] data) {
        clear();
        wire.read(data, 0);
        registered = wire.get() == 1;
        for (int left = wire.getInt(); left > 0; left--) {
            held.add(new Held(wire.getText(), wire.getText(), wire.getSigned(), wire.getSigned(), wire.getBytes()));
        }
        for (int left = wire.get(); left > 0; left--) {
            int programRef = wire.getInt();
            long sinceMs = wire.getSigned();
            join(programRef, sinceMs == 0 ? Rulebook.ALWAYS : sinceMs, 0);
            spent[memberships - 1] = wire.getSigned();
            level[memberships - 1] = wire.get();
            levelSince[memberships - 1] = wire.getSigned();
        }
        for (int left = wire.getInt(); left > 0; left--) {
            if (counted == ref.length) {
                ref = Arrays.copyOf(ref, counted * 2);
                progress = Arrays.copyOf(progress, counted * 2);
                granted = Arrays.copyOf(granted, counted * 2);
            }
            ref[counted] = wire.getInt();
            progress[counted] = wire.getSigned();
            granted[counted++] = wire.getLong();
        }
        for (int left = wire.getInt(); left > 0; left--) {
            if (gains == gained.length) {
                gained = Arrays.copyOf(gained, gains * 2);
                times = Arrays.copyOf(times, gains * 2);
            }
            gained[gains] = (int) wire.getSigned();
            times[gains++] = wire.getInt();
        }
    }
}
