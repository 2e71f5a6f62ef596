package tidemark.benchmarks.fullrules;

import java.io.File;
import java.time.Duration;
import java.util.Map;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.KeyValueBytesStoreSupplier;
import org.apache.kafka.streams.state.KeyValueStore;
import org.apache.kafka.streams.state.StoreBuilder;
import org.apache.kafka.streams.state.Stores;

/**
 * The full rules in Kafka Streams, exactly once: Processor API, one stream thread.
 *
 * Set by the environment: TIDEMARK_BROKERS, TIDEMARK_PREFIX, TIDEMARK_PARTITIONS, DEFINITIONS (a JSON list of them all), STATE_DIR; and
 * STORE (memory, hash, rocksdb), COMMIT_MS, LINGER_MS, SESSION_MS.
 */
public final class FullRules {
    // As large as served it best among those tried: what a task gets at once, and how much a request carries.
    private static final int POLLED_RECORDS = 5_000;
    private static final int FETCHED_BYTES = 8 << 20;
    private static final int PRODUCED_BYTES = 128 << 10;
    private static final int RESTORED_RECORDS = 10_000;
    private static final long BUFFER_BYTES = 64L << 20;
    private static final Duration CLOSE = Duration.ofSeconds(20);

    private FullRules() {}

    public static void main(String[] arguments) throws Exception {
        String prefix = System.getenv("TIDEMARK_PREFIX");
        int partitions = Integer.parseInt(System.getenv("TIDEMARK_PARTITIONS"));
        Rulebook book = new Rulebook(new File(System.getenv("DEFINITIONS")));
        KafkaStreams streams = new KafkaStreams(topology(prefix, partitions, book, setting("STORE", "memory")), settings(prefix));
        streams.setGlobalStateRestoreListener(new Restored());
        Runtime.getRuntime().addShutdownHook(new Thread(() -> streams.close(CLOSE)));
        streams.start();
    }

    static Topology topology(String prefix, int partitions, Rulebook book, String store) {
        var bytes = Serdes.ByteArray();
        Topology topology = new Topology();
        // The re-keyed come back to the partition of their member.
        topology.addSource("documents", bytes.deserializer(), bytes.deserializer(), prefix + "pos.orders", prefix + "online.orders",
            prefix + Rewards.REKEYED);
        topology.addProcessor("rewards", () -> new Rewards(book, partitions, prefix.length()), "documents");
        // A cache spares RocksDB what is read again soon; before a map in memory it would only cost, as before orders, written once.
        topology.addStateStore(store(Rewards.MEMBERS, store, store.equals("rocksdb")), "rewards");
        topology.addStateStore(store(Rewards.ORDERS, store, false), "rewards");
        topology.addStateStore(store(Rewards.DUE, store, false), "rewards");
        for (String sink : new String[] {Events.GIFTS, Events.LEVELS, Events.THRESHOLDS, Events.DEAD_LETTERS, Rewards.REKEYED}) {
            topology.addSink(sink, prefix + sink, bytes.serializer(), bytes.serializer(), "rewards");
        }
        return topology;
    }

    private static StoreBuilder<KeyValueStore<byte[], byte[]>> store(String name, String kind, boolean caching) {
        KeyValueBytesStoreSupplier supplier = switch (kind) {
            case "rocksdb" -> Stores.persistentKeyValueStore(name);
            case "hash" -> name.equals(Rewards.DUE) ? Stores.inMemoryKeyValueStore(name) : HashStore.supplier(name);
            case "memory" -> Stores.inMemoryKeyValueStore(name);
            default -> throw new IllegalArgumentException("STORE is memory, hash or rocksdb, not " + kind);
        };
        var builder = Stores.keyValueStoreBuilder(supplier, Serdes.ByteArray(), Serdes.ByteArray())
            .withLoggingEnabled(Map.of("segment.bytes", "67108864", "min.cleanable.dirty.ratio", "0.1"));
        return caching ? builder.withCachingEnabled() : builder.withCachingDisabled();
    }

    private static Properties settings(String prefix) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix + "streams");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("TIDEMARK_BROKERS"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("STATE_DIR"));
        settings.put(StreamsConfig.PROCESSING_GUARANTEE_CONFIG, StreamsConfig.EXACTLY_ONCE_V2);
        settings.put(StreamsConfig.COMMIT_INTERVAL_MS_CONFIG, setting("COMMIT_MS", "100"));
        settings.put(StreamsConfig.STATESTORE_CACHE_MAX_BYTES_CONFIG, BUFFER_BYTES);
        settings.put(StreamsConfig.BUFFERED_RECORDS_PER_PARTITION_CONFIG, POLLED_RECORDS);
        settings.put(StreamsConfig.ROCKSDB_CONFIG_SETTER_CLASS_CONFIG, RocksSettings.class);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), setting("LINGER_MS", "5"));
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BATCH_SIZE_CONFIG), PRODUCED_BYTES);
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.BUFFER_MEMORY_CONFIG), BUFFER_BYTES);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), POLLED_RECORDS);
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.FETCH_MAX_BYTES_CONFIG), FETCHED_BYTES);
        int sessionMs = Integer.parseInt(setting("SESSION_MS", "45000"));
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.SESSION_TIMEOUT_MS_CONFIG), sessionMs);
        settings.put(StreamsConfig.mainConsumerPrefix(ConsumerConfig.HEARTBEAT_INTERVAL_MS_CONFIG), Math.min(3000, sessionMs / 3));
        settings.put(StreamsConfig.restoreConsumerPrefix(ConsumerConfig.MAX_POLL_RECORDS_CONFIG), RESTORED_RECORDS);
        return settings;
    }

    private static String setting(String name, String otherwise) {
        return System.getenv().getOrDefault(name, otherwise);
    }
}
