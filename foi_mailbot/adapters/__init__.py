"""The outside world: each module fits one port to one real thing."""
