package tidemark.benchmarks.onesum;

import java.util.List;
import java.util.Properties;
import org.apache.kafka.clients.consumer.ConsumerConfig;
import org.apache.kafka.clients.producer.ProducerConfig;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.streams.KafkaStreams;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.Topology;
import org.apache.kafka.streams.state.Stores;

/** The peer in Kafka Streams: Processor API, in-memory store with changelog, one thread, linger.ms=1; the rest on defaults. */
public final class OneSum {
    private OneSum() {}

    public static void main(String[] arguments) {
        String prefix = System.getenv("TIDEMARK_PREFIX");
        long threshold = Long.parseLong(System.getenv("THRESHOLD"));

        Topology topology = new Topology();
        topology.addSource("orders", Serdes.ByteArray().deserializer(), Serdes.ByteArray().deserializer(),
            List.of(prefix + "pos.orders", prefix + "online.orders").toArray(String[]::new));
        topology.addProcessor("sum", () -> new SumProcessor(threshold), "orders");
        topology.addStateStore(
            Stores.keyValueStoreBuilder(Stores.inMemoryKeyValueStore("spent"), Serdes.String(), Serdes.Long()), "sum");
        topology.addSink("gifts", prefix + "gifts", Serdes.String().serializer(), Serdes.ByteArray().serializer(), "sum");

        KafkaStreams streams = new KafkaStreams(topology, settings(prefix));
        Runtime.getRuntime().addShutdownHook(new Thread(streams::close));
        streams.start();
    }

    private static Properties settings(String prefix) {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, prefix + "streams");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, System.getenv("TIDEMARK_BROKERS"));
        settings.put(StreamsConfig.NUM_STREAM_THREADS_CONFIG, 1);
        settings.put(StreamsConfig.STATE_DIR_CONFIG, System.getenv("STATE_DIR"));
        settings.put(StreamsConfig.producerPrefix(ProducerConfig.LINGER_MS_CONFIG), 1);
        settings.put(StreamsConfig.consumerPrefix(ConsumerConfig.AUTO_OFFSET_RESET_CONFIG), "earliest");
        return settings;
    }
}
