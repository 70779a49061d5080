"""Between the routes and the recognizer: the concurrency limit, batching and the recognizer process."""
