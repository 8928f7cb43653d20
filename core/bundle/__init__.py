"""The published artefact: schema, reading, writing, model card, training history."""
