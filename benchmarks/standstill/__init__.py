"""How long orders stand still when a broker or a worker goes away, on three brokers: `python -m benchmarks.standstill`."""
