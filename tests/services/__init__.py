"""The real Kafka and the real Redis that tests run on, and what happens where this machine has none."""
