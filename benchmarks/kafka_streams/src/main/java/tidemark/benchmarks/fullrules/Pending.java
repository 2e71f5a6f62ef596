package tidemark.benchmarks.fullrules;

import java.util.ArrayList;
import java.util.List;
import org.apache.kafka.streams.KeyValue;
import org.apache.kafka.streams.state.KeyValueStore;

/** What the document in hand changes, until all went well. */
final class Pending {
    boolean member;
    private final List<KeyValue<byte[], byte[]>> orders = new ArrayList<>();
    private final List<KeyValue<byte[], byte[]>> due = new ArrayList<>();

    void clear() {
        member = false;
        orders.clear();
        due.clear();
    }

    /** A document's record, under its own key and its business key where it has one; null forgets it. */
    void order(byte[] ownKey, byte[] businessKey, byte[] data) {
        orders.add(KeyValue.pair(ownKey, data));
        if (businessKey != null) {
            orders.add(KeyValue.pair(businessKey, data));
        }
    }

    void due(byte[] key, byte[] data) {
        due.add(KeyValue.pair(key, data));
    }

    void keep(KeyValueStore<byte[], byte[]> orderStore, KeyValueStore<byte[], byte[]> dueStore) {
        // By place: no iterator an order.
        for (int at = 0; at < orders.size(); at++) {
            orderStore.put(orders.get(at).key, orders.get(at).value);
        }
        for (int at = 0; at < due.size(); at++) {
            dueStore.put(due.get(at).key, due.get(at).value);
        }
    }
}
