"""Between the routes and the recognizer: batching and the recognizer process."""
