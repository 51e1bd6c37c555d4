"""How members take their steps on the device at hand."""
