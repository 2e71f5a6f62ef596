package tidemark.benchmarks.fullrules;

import java.util.ArrayList;
import java.util.List;

/** A program's ladder, compiled. Levels are known by their place on it. */
final class Program {
    /** A tier_upgrade that grants for a level. */
    record Upgrade(int ref, String code, long fromMs, long untilMs, boolean regain, byte[] gifts, byte[] message) {}

    int ref;
    String code;
    String currency;
    long activeFromMs;
    boolean includeImported;
    boolean on;
    String[] levels;
    String[] fullNames; // program/level
    long[] thresholds;
    boolean[] enabled;
    List<List<Upgrade>> upgrades = new ArrayList<>();

    /** The highest enabled level that is reached, by its place; -1 for none. */
    int levelFor(long spent) {
        if (on) {
            long counted = Math.max(0, spent);
            for (int at = levels.length - 1; at >= 0; at--) {
                if (enabled[at] && thresholds[at] <= counted) {
                    return at;
                }
            }
        }
        return -1;
    }
}
