"""Tidemark's full pipeline beside its peers, on the same orders and the same real Kafka; `python -m benchmarks` is `make bench`."""
