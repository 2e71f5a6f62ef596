package tidemark.benchmarks.fullrules;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** The activities that an order's store, channel, service type, currency, time and programs leave, by what of its lines counts. */
final class Candidates {
    private static final Activity[] NONE = {};

    final Activity[] byAmount;
    final Activity[] byPieces;
    final Activity[] excluding;
    final Activity[] guarded;
    final Map<String, Activity[]> bySku = new HashMap<>();
    final long leastEvery;

    Candidates(List<Activity> matching) {
        List<Activity> amounts = new ArrayList<>();
        List<Activity> pieces = new ArrayList<>();
        List<Activity> but = new ArrayList<>();
        List<Activity> careful = new ArrayList<>();
        Map<String, List<Activity>> skus = new HashMap<>();
        long least = Long.MAX_VALUE;
        for (Activity activity : matching) {
            if (activity.include != null) {
                activity.include.forEach(sku -> skus.computeIfAbsent(sku, any -> new ArrayList<>()).add(activity));
            } else if (!activity.exclude.isEmpty()) {
                but.add(activity);
            } else {
                (activity.byAmount ? amounts : pieces).add(activity);
            }
            if (!activity.shareable) {
                careful.add(activity);
            }
            if (activity.every) {
                least = Math.min(least, activity.threshold);
            }
        }
        byAmount = amounts.toArray(NONE);
        byPieces = pieces.toArray(NONE);
        excluding = but.toArray(NONE);
        guarded = careful.toArray(NONE);
        skus.forEach((sku, found) -> bySku.put(sku, found.toArray(NONE)));
        leastEvery = least;
    }
}
