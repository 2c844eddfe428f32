"""How well requests are judged: on labelled sets, beside baselines, stitched together, disturbed, and how fast."""
