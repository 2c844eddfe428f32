"""The commands, by who uses them; `cli` puts them together."""
