package tidemark.benchmarks.fullrules;

import java.util.Map;
import org.apache.kafka.streams.state.RocksDBConfigSetter;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.Options;

/** Kafka Streams' own settings of RocksDB (bloom filters among them), with room for 24 stores on a small machine. */
public final class RocksSettings implements RocksDBConfigSetter {
    @Override
    public void setConfig(String store, Options options, Map<String, Object> all) {
        BlockBasedTableConfig table = (BlockBasedTableConfig) options.tableFormatConfig();
        table.setCacheIndexAndFilterBlocks(false);
        options.setTableFormatConfig(table);
        options.setMaxWriteBufferNumber(3);
        options.setIncreaseParallelism(1);
    }

    @Override
    public void close(String store, Options options) {}
}
