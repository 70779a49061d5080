"""Training a recognizer: recipes, training sets, runs, fine-tuning."""
