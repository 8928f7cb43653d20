"""What the app needs beyond one prediction: which models, when they are opened, event log."""
