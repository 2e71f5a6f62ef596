package tidemark.benchmarks.fullrules;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.File;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** All definitions, compiled once; which activities an order can count in is found by what it has, and remembered. */
final class Rulebook {
    static final long ALWAYS = Long.MIN_VALUE / 4;
    static final long NEVER = Long.MAX_VALUE;
    private static final int MOST_STORES = 100_000;
    private static final ObjectMapper MAPPER = new ObjectMapper();

    final List<Activity> activities = new ArrayList<>();
    final List<Program> programs = new ArrayList<>();
    final Program defaultProgram;
    private final Map<String, Program> programsByCode = new HashMap<>();
    private final Map<String, JsonNode> organizations = new HashMap<>();
    private final List<String> currencies = new ArrayList<>();
    private final long[] boundaries;
    private final Map<String, Candidates[]> byStore = new HashMap<>();
    private final Map<List<Activity>, Candidates> alike = new HashMap<>();
    private final Map<Set<String>, Integer> programSets = new HashMap<>();

    /** `file`: a JSON list of all definitions; an activity's place in it is what state knows it by. */
    Rulebook(File file) throws IOException {
        JsonNode all = MAPPER.readTree(file);
        Program preferred = null;
        for (JsonNode each : all) {
            if (each.path("kind").asText().equals("program")) {
                Program program = program(each);
                if (preferred == null || each.path("default").asBoolean()) {
                    preferred = program;
                }
            } else if (each.path("kind").asText().equals("organization")) {
                organizations.put(each.get("code").asText(), each);
            }
        }
        defaultProgram = preferred;
        int upgrades = 0;
        for (JsonNode each : all) {
            if (each.path("kind").asText().equals("activity") && !each.path("draft").asBoolean()) {
                if (each.get("type").asText().equals("cumulative_spend")) {
                    activities.add(spend(each));
                } else {
                    upgrade(each, upgrades++);
                }
            }
        }
        Set<Long> times = new HashSet<>();
        activities.forEach(each -> times.addAll(List.of(each.fromMs, each.untilMs)));
        boundaries = times.stream().mapToLong(Long::longValue).sorted().toArray();
        activities.stream().map(each -> each.currency).distinct().forEach(currencies::add);
    }

    /** What can count of a document made then and there, of a member of these programs. */
    Candidates candidates(Doc doc, int programSet) {
        int currency = 0;
        while (currency < currencies.size() && !currencies.get(currency).equals(doc.currency)) {
            currency++;
        }
        int segment = 0;
        while (segment < boundaries.length && boundaries[segment] <= doc.atMs) {
            segment++;
        }
        int slot = (((programSet * (currencies.size() + 1) + currency) * (boundaries.length + 1) + segment) * 2 + doc.channel) * 4
            + doc.service;
        Candidates[] slots = byStore.get(doc.storeId);
        if (slots == null || slot >= slots.length) {
            if (byStore.size() > MOST_STORES) {
                byStore.clear();
            }
            slots = slots == null ? new Candidates[slot + 1] : Arrays.copyOf(slots, slot + 1);
            byStore.put(doc.storeId, slots);
        }
        Candidates found = slots[slot];
        if (found == null) {
            Set<String> of = programSets.entrySet().stream().filter(each -> each.getValue() == programSet).findFirst().get().getKey();
            found = slots[slot] = alike.computeIfAbsent(matching(doc, of), Candidates::new);
        }
        return found;
    }

    /** A number for a set of programs. */
    int programSet(Set<String> codes) {
        return programSets.computeIfAbsent(Set.copyOf(codes), any -> programSets.size());
    }

    private List<Activity> matching(Doc doc, Set<String> of) {
        Set<String> above = organizationsOf(doc.storeId);
        List<Activity> found = new ArrayList<>();
        for (Activity each : activities) {
            boolean placed = each.stores == null || each.stores.contains(doc.storeId)
                || each.organizations.stream().anyMatch(above::contains);
            if (placed && each.fromMs <= doc.atMs && doc.atMs < each.untilMs && each.currency.equals(doc.currency)
                && (each.channels >> doc.channel & 1) != 0 && (each.services >> doc.service & 1) != 0
                && each.programs.stream().anyMatch(of::contains)) {
                found.add(each);
            }
        }
        return found;
    }

    private Set<String> organizationsOf(String store) {
        Set<String> found = new HashSet<>();
        organizations.forEach((code, organization) -> {
            for (JsonNode each : organization.path("stores")) {
                if (each.asText().equals(store)) {
                    for (String above = code; above != null && found.add(above); ) {
                        JsonNode parent = organizations.containsKey(above) ? organizations.get(above).get("parent") : null;
                        above = parent == null || parent.isNull() ? null : parent.asText();
                    }
                }
            }
        });
        return found;
    }

    private Program program(JsonNode json) throws IOException {
        Program program = new Program();
        program.ref = programs.size();
        program.code = json.get("code").asText();
        program.currency = json.get("currency").asText();
        program.activeFromMs = time(json, "active_from", ALWAYS);
        program.includeImported = json.path("standard").path("include_imported").asBoolean();
        program.on = json.path("enabled").asBoolean(true);
        JsonNode levels = json.path("levels");
        int count = levels.size();
        program.levels = new String[count];
        program.fullNames = new String[count];
        program.thresholds = new long[count];
        program.enabled = new boolean[count];
        for (int at = 0; at < count; at++) {
            program.levels[at] = levels.get(at).get("code").asText();
            program.fullNames[at] = program.code + "/" + program.levels[at];
            program.thresholds[at] = levels.get(at).get("threshold").asLong();
            program.enabled[at] = levels.get(at).path("enabled").asBoolean(true);
            program.upgrades.add(new ArrayList<>());
        }
        for (int at = count - 2; at >= 0; at--) {
            // The highest that is reached holds, so a threshold above the next one's never bars.
            if (program.thresholds[at] > program.thresholds[at + 1]) {
                program.thresholds[at] = program.thresholds[at + 1];
            }
        }
        programs.add(program);
        programsByCode.put(program.code, program);
        return program;
    }

    private void upgrade(JsonNode json, int ref) throws IOException {
        var upgrade = new Program.Upgrade(ref, json.get("code").asText(), time(json, "starts_at", ALWAYS), until(json),
            json.path("regain").asBoolean(), MAPPER.writeValueAsBytes(json.get("gifts")), notify(json));
        Set<String> listed = texts(json.get("levels"));
        Set<String> of = programsOf(json);
        for (Program program : programs) {
            for (int at = 0; of.contains(program.code) && at < program.levels.length; at++) {
                if (listed.contains(program.fullNames[at]) || listed.contains(program.code + "/*")) {
                    program.upgrades.get(at).add(upgrade);
                }
            }
        }
    }

    private Activity spend(JsonNode json) throws IOException {
        Activity activity = new Activity();
        JsonNode condition = json.get("condition");
        JsonNode steps = condition.path("steps");
        activity.ref = activities.size();
        activity.code = json.get("code").asText();
        activity.fromMs = time(json, "starts_at", ALWAYS);
        activity.untilMs = until(json);
        activity.byAmount = condition.get("measure").asText().equals("amount");
        activity.every = condition.get("mode").asText().equals("every");
        activity.steps = new long[steps.size()];
        activity.gifts = new byte[Math.max(1, steps.size())][];
        activity.gifts[0] = MAPPER.writeValueAsBytes(json.path("gifts"));
        for (int at = 0; at < steps.size(); at++) {
            activity.steps[at] = steps.get(at).get("threshold").asLong();
            activity.gifts[at] = MAPPER.writeValueAsBytes(steps.get(at).get("gifts"));
            activity.stride = gcd(activity.steps[at], activity.stride);
        }
        activity.threshold = steps.size() > 0 ? activity.steps[0] : condition.get("threshold").asLong();
        activity.stride = steps.size() > 0 ? activity.stride : activity.threshold;
        activity.lastOrdinal = activity.every ? NEVER : Math.max(1, steps.size());
        activity.notify = notify(json);
        activity.programs = programsOf(json);
        Program first = json.path("programs").size() > 0 ? programsByCode.get(json.get("programs").get(0).asText()) : defaultProgram;
        activity.currency = json.path("currency").asText(first.currency);
        JsonNode stores = json.path("stores");
        activity.stores = stores.isObject() ? texts(stores.path("stores")) : null;
        activity.organizations = texts(stores.path("organizations"));
        Set<String> services = texts(json.path("service_types"));
        activity.services = services.isEmpty() || services.size() == 3 ? 0b1111 : 0;
        for (String each : services) {
            try {
                activity.services |= 1 << Words.service(each);
            } catch (Invalid invalid) {
                throw new IOException(invalid);
            }
        }
        Set<String> channels = texts(json.path("channels"));
        activity.channels = channels.isEmpty() ? 0b11 : (channels.contains("pos") ? 1 : 0) | (channels.contains("online") ? 2 : 0);
        JsonNode not = json.path("not_with");
        activity.notWithAnyCoupon = not.path("coupons").asText().equals("all");
        activity.notWithCoupons = texts(not.path("coupons"));
        activity.notWithAnyPromotion = not.path("promotions").asText().equals("all");
        activity.notWithPromotions = texts(not.path("promotions"));
        activity.notWithMemberPrice = texts(not.path("benefits")).contains("member_price");
        activity.notWithMemberDiscount = texts(not.path("benefits")).contains("member_discount");
        for (String asset : texts(not.path("assets"))) {
            activity.notWithMethods |= 1 << Arrays.asList(Doc.METHODS).indexOf(asset);
        }
        activity.shareable = not.isMissingNode();
        boolean designated = condition.get("items").asText().equals("designated");
        JsonNode scope = json.path("item_scope");
        activity.include = designated && scope.has("include") ? texts(scope.get("include")) : null;
        activity.exclude = designated ? texts(scope.path("exclude")) : Set.of();
        return activity;
    }

    private Set<String> programsOf(JsonNode json) {
        return json.path("programs").size() > 0 ? texts(json.get("programs")) : new HashSet<>(programsByCode.keySet());
    }

    private static Set<String> texts(JsonNode list) {
        Set<String> found = new HashSet<>();
        list.forEach(each -> found.add(each.asText()));
        return found;
    }

    private static byte[] notify(JsonNode json) throws IOException {
        boolean coupon = json.toString().contains("\"kind\":\"coupon\"");
        return coupon && json.hasNonNull("notify") ? MAPPER.writeValueAsBytes(json.get("notify")) : null;
    }

    /** ends_at is inclusive, that whole second. */
    private static long until(JsonNode json) throws IOException {
        return json.hasNonNull("ends_at") ? Math.floorDiv(time(json, "ends_at", 0), 1000L) * 1000 + 1000 : NEVER;
    }

    private static long time(JsonNode json, String field, long otherwise) throws IOException {
        try {
            return json.hasNonNull(field) ? Times.parse(json.get(field).asText(), field) : otherwise;
        } catch (Invalid invalid) {
            throw new IOException(invalid);
        }
    }

    private static long gcd(long one, long other) {
        return other == 0 ? one : gcd(other, one % other);
    }
}
