package tidemark.benchmarks.fullrules;

import org.apache.kafka.common.TopicPartition;
import org.apache.kafka.streams.processor.StateRestoreListener;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Says in the log how much of each store came back, so that a recovery can be checked. */
final class Restored implements StateRestoreListener {
    private static final Logger LOG = LoggerFactory.getLogger(Restored.class);

    @Override
    public void onRestoreStart(TopicPartition partition, String store, long from, long to) {}

    @Override
    public void onBatchRestored(TopicPartition partition, String store, long end, long records) {}

    @Override
    public void onRestoreEnd(TopicPartition partition, String store, long total) {
        LOG.info("restored {} {} {}", store, partition.partition(), total);
    }
}
