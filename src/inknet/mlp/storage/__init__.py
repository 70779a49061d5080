"""Networks on disk: model files and run folders."""
