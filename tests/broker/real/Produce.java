import java.util.Properties;
import org.apache.kafka.clients.producer.KafkaProducer;
import org.apache.kafka.clients.producer.ProducerRecord;
import org.apache.kafka.common.serialization.ByteArraySerializer;

/** Java's own producer: BOOTSTRAP TOPIC CODEC COUNT writes so many records, CODEC-0 and on, in one batch. */
public final class Produce {
    public static void main(String[] arguments) throws Exception {
        Properties settings = new Properties();
        settings.put("bootstrap.servers", arguments[0]);
        settings.put("compression.type", arguments[2]);
        settings.put("linger.ms", "1000");
        settings.put("key.serializer", ByteArraySerializer.class.getName());
        settings.put("value.serializer", ByteArraySerializer.class.getName());
        try (KafkaProducer<byte[], byte[]> producer = new KafkaProducer<>(settings)) {
            for (int number = 0; number < Integer.parseInt(arguments[3]); number++) {
                byte[] value = (arguments[2] + "-" + number).getBytes("UTF-8");
                ProducerRecord<byte[], byte[]> record = new ProducerRecord<>(arguments[1], 0, "k".getBytes("UTF-8"), value);
                record.headers().add("größe", new byte[] {(byte) 0xff});
                producer.send(record);
            }
            producer.flush();
        }
    }
}
