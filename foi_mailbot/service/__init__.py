"""Use cases: each drives the core and touches the world only through ports."""
