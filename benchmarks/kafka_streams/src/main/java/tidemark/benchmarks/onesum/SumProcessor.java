package tidemark.benchmarks.onesum;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import org.apache.kafka.streams.processor.api.Processor;
import org.apache.kafka.streams.processor.api.ProcessorContext;
import org.apache.kafka.streams.processor.api.Record;
import org.apache.kafka.streams.state.KeyValueStore;

/** Adds an order up for its member, and gives for each whole threshold reached by it. */
final class SumProcessor implements Processor<byte[], byte[], String, byte[]> {
    private final JsonFactory json = new JsonFactory();
    private final long threshold;
    private ProcessorContext<String, byte[]> context;
    private KeyValueStore<String, Long> spent;

    SumProcessor(long threshold) {
        this.threshold = threshold;
    }

    @Override
    public void init(ProcessorContext<String, byte[]> context) {
        this.context = context;
        this.spent = context.getStateStore("spent");
    }

    @Override
    public void process(Record<byte[], byte[]> record) {
        String orderId = null;
        String memberId = null;
        long total = 0;
        // The streaming parser, and not a byte after the last field needed: as little as Jackson can do.
        try (JsonParser parser = json.createParser(record.value())) {
            parser.nextToken();
            boolean found = false;
            while (!found && parser.nextToken() == JsonToken.FIELD_NAME) {
                String name = parser.currentName();
                parser.nextToken();
                switch (name) {
                    case "order_id" -> orderId = parser.getText();
                    case "member_id" -> memberId = parser.getText();
                    case "total" -> {
                        total = parser.getLongValue();
                        found = true;
                    }
                    default -> parser.skipChildren();
                }
            }
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
        add(orderId, memberId, total, record.timestamp());
    }

    private void add(String orderId, String memberId, long total, long timestamp) {
        Long known = spent.get(memberId);
        long before = known == null ? 0 : known;
        long after = before + total;
        spent.put(memberId, after);
        for (long ordinal = before / threshold + 1; ordinal <= after / threshold; ordinal++) {
            String gift = "{\"grant_id\":\"" + memberId + "/" + ordinal + "\",\"member_id\":\"" + memberId
                + "\",\"order_id\":\"" + orderId + "\",\"ordinal\":" + ordinal + "}";
            context.forward(new Record<>(memberId, gift.getBytes(StandardCharsets.UTF_8), timestamp));
        }
    }
}
