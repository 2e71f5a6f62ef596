package tidemark.benchmarks.fullrules;

import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Properties;
import java.util.Random;
import java.util.concurrent.atomic.AtomicReference;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.clients.admin.NewTopic;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;
import org.apache.kafka.common.serialization.Serdes;
import org.apache.kafka.common.utils.Utils;
import org.apache.kafka.streams.StreamsConfig;
import org.apache.kafka.streams.TopologyTestDriver;
import org.apache.kafka.streams.state.KeyValueIterator;

/**
 * Fills the changelogs with members and their orders, as if they had shopped: BROKERS PREFIX PARTITIONS DEFINITIONS STATE_DIR DOCUMENTS
 * MEMBERS ORDERS_A_MEMBER.
 *
 * Members and orders are as those documents (feed TAB member TAB document, a line each) leave them; every other order is known by a second
 * key, as those from tills are.
 */
public final class Filler {
    private static final int KEY_BYTES = 16;
    private static final short ONE_REPLICA = 1;
    // What an order's second key holds is shorter, its record never is.
    private static final int LEAST_ORDER_BYTES = 24;

    private final List<byte[]> members = new ArrayList<>();
    private final List<byte[]> orders = new ArrayList<>();
    private final List<byte[]> seconds = new ArrayList<>();
    // The first record that did not arrive, if one did not.
    private final AtomicReference<Exception> failure = new AtomicReference<>();

    private Filler() {}

    public static void main(String[] arguments) throws Exception {
        Filler filler = new Filler();
        filler.learn(new Rulebook(new File(arguments[3])), arguments[4], Path.of(arguments[5]));
        int partitions = Integer.parseInt(arguments[2]);
        // One request at a time: the first ones meet partitions that their broker has only just made, and where several are under way, a
        // refused one can leave the others out of their order until they expire.
        Map<String, Object> settings = Map.of("bootstrap.servers", arguments[0], "linger.ms", 20, "batch.size", 1 << 19,
            "buffer.memory", 1L << 28, "max.in.flight.requests.per.connection", 1);
        String changelogs = arguments[1] + "streams-";
        try (Admin admin = Admin.create(Map.of("bootstrap.servers", arguments[0]))) {
            List<NewTopic> topics = new ArrayList<>();
            for (String store : List.of(Rewards.MEMBERS, Rewards.ORDERS, Rewards.DUE)) {
                NewTopic topic = new NewTopic(changelogs + store + "-changelog", partitions, ONE_REPLICA);
                topics.add(topic.configs(Map.of("cleanup.policy", "compact")));
            }
            admin.createTopics(topics).all().get();
        }
        try (var producer = new KafkaProducer<>(settings, new ByteArraySerializer(), new ByteArraySerializer())) {
            filler.fill(producer, changelogs, partitions, Integer.parseInt(arguments[6]), Integer.parseInt(arguments[7]));
        }
        if (filler.failure.get() != null) {
            throw new IllegalStateException("not all records arrived", filler.failure.get());
        }
    }

    private void learn(Rulebook book, String stateDir, Path documents) throws IOException {
        Properties settings = new Properties();
        settings.put(StreamsConfig.APPLICATION_ID_CONFIG, "filler");
        settings.put(StreamsConfig.BOOTSTRAP_SERVERS_CONFIG, "none:1");
        settings.put(StreamsConfig.STATE_DIR_CONFIG, stateDir);
        var bytes = Serdes.ByteArray();
        // The driver has one partition for all.
        try (var driver = new TopologyTestDriver(FullRules.topology("", 1, book, "memory"), settings)) {
            for (String feed : List.of("pos", "online")) {
                var topic = driver.createInputTopic(feed + ".orders", bytes.serializer(), bytes.serializer());
                for (String line : Files.readAllLines(documents)) {
                    String[] parts = line.split("\t", 3);
                    if (parts[0].equals(feed)) {
                        topic.pipeInput(parts[1].getBytes(StandardCharsets.UTF_8), parts[2].getBytes(StandardCharsets.UTF_8),
                            System.currentTimeMillis());
                    }
                }
            }
            try (KeyValueIterator<byte[], byte[]> all = driver.<byte[], byte[]>getKeyValueStore(Rewards.MEMBERS).all()) {
                all.forEachRemaining(each -> members.add(each.value));
            }
            try (KeyValueIterator<byte[], byte[]> all = driver.<byte[], byte[]>getKeyValueStore(Rewards.ORDERS).all()) {
                all.forEachRemaining(each -> (each.value.length < LEAST_ORDER_BYTES ? seconds : orders).add(each.value));
            }
        }
    }

    private void fill(KafkaProducer<byte[], byte[]> producer, String changelogs, int partitions, int count, int ordersAMember) {
        Random random = new Random(1);
        for (int number = 0; number < count; number++) {
            byte[] key = String.format("m%07d", number).getBytes(StandardCharsets.UTF_8);
            int partition = Utils.toPositive(Utils.murmur2(key)) % partitions;
            send(producer, changelogs + "members-changelog", partition, key, members.get(number % members.size()));
            for (int order = 0; order < ordersAMember; order++) {
                send(producer, changelogs + "orders-changelog", partition, anyKey(random), orders.get(random.nextInt(orders.size())));
                if (order % 2 == 1) {
                    send(producer, changelogs + "orders-changelog", partition, anyKey(random), seconds.get(random.nextInt(seconds.size())));
                }
            }
        }
    }

    private static byte[] anyKey(Random random) {
        byte[] key = new byte[KEY_BYTES];
        random.nextBytes(key);
        return key;
    }

    private void send(KafkaProducer<byte[], byte[]> producer, String topic, int partition, byte[] key, byte[] value) {
        producer.send(new ProducerRecord<>(topic, partition, key, value), (sent, error) -> {
            if (error != null) {
                failure.compareAndSet(null, error);
            }
        });
    }
}
