"""How we speak with Kafka: connections, record batches, fetch, produce, fence. Knows topics and bytes, and nothing of ours."""
