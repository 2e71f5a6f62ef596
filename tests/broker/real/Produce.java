import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Java's own producer: BOOTSTRAP TOPIC COUNT CODEC… writes so many records by each codec, CODEC-0 and on, in one batch. */
public final class Produce {
    public static void main(String[] arguments) throws Exception {
        for (int place = 3; place < arguments.length; place++) {
            write(arguments[0], arguments[1], Integer.parseInt(arguments[2]), arguments[place]);
        }
    }

    private static void write(String bootstrap, String topic, int count, String codec) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", bootstrap);
        settings.put("compression.type", codec);
        settings.put("linger.ms", "1000");
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            for (int number = 0; number < count; number++) {
                byte[] value = (codec + "-" + number).getBytes("UTF-8");
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(topic, 0, "k".getBytes("UTF-8"), value);
                record.headers().add("größe", new byte[] {(byte) 0xff});
                producer.send(record);
            }
            producer.flush();
        }
    }
}
