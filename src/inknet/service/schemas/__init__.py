"""Requests and answers, as JSON and as tensors."""
