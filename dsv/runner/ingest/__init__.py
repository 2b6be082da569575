"""Deliveries become base shards: parsed, keyed, folded into what a source holds already."""
